-- What clients ask once somebody looks at a table: figures, filters, and what else
-- there is to know of it, as they generate it. A line `-- client: NAME` begins those
-- of one client; `-- = ROWS` before a statement is what Postgres would answer.

-- client: Power BI
select "$Table"."area_code" as "area_code", "$Table"."period_start" as "period_start", "$Table"."value" as "value" from "published"."metric_value" "$Table" limit 4096;
-- = 2026-02|52
select "_"."period", "_"."denominator" from (select "period", "denominator", "value" from "published"."metric_value" "$Table") "_" where "_"."value" > 23 and "_"."value" is not null order by "_"."period" limit 1000001;
-- = 3
select count(distinct("rows"."period")) + max(case when "rows"."period" is null then 1 else 0 end) as "a0" from "published"."metric_value" "rows";
-- = E06000033|100
select "rows"."area_code" as "area_code", sum("rows"."denominator") as "a0" from (select "_"."area_code", "_"."denominator", "_"."period_start" from "published"."metric_value" "_" where ("_"."period_start" >= cast('2026-01-01 00:00:00' as timestamp) and "_"."period_start" < cast('2026-12-31 00:00:00' as timestamp)) and ("_"."metric_id" = 'R01' and "_"."metric_id" is not null)) "rows" group by "area_code" order by "a0" desc limit 1000001;
-- = 2
select count(*) as "a0" from "published"."metric_value" "_" where "_"."period_start" < timestamp '2026-03-01 00:00:00' and "_"."area_code" in ('E06000033', 'E06000034');
-- = 3
select count(1) as "a0" from "published"."metric_value" "_" where strpos(lower("_"."part_name"), 'refused') > 0 and "_"."part_name" like 'Req%' escape '\';
-- = 2026|3
select "_"."t0_0" as "y", count(*) as "a0" from (select extract(year from "period_start") as "t0_0" from "published"."metric_value") "_" group by "_"."t0_0";
-- = R01|Requests refused|3
select "$Outer"."metric_id", "$Inner"."name", count(*) as "a0" from "published"."metric_value" "$Outer" left outer join "published"."metric_definition" "$Inner" on ("$Outer"."metric_id" = "$Inner"."metric_id") group by "$Outer"."metric_id", "$Inner"."name";
-- = 1
select count(*) from (select "rows"."value" is null as "n" from "published"."metric_value" "rows" where not ("rows"."value" is not null) or "rows"."value" <> "rows"."value") "_" limit 1000001;
-- = 3
select count(*) from "published"."metric_value" "_" where "_"."period_start" + interval '1 month' > date '2026-01-01';
select i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME as INDEX_NAME, ii.COLUMN_NAME, ii.ORDINAL_POSITION, case when i.CONSTRAINT_TYPE = 'PRIMARY KEY' then 'Y' else 'N' end as PRIMARY_KEY from INFORMATION_SCHEMA.table_constraints i inner join INFORMATION_SCHEMA.key_column_usage ii on i.CONSTRAINT_SCHEMA = ii.CONSTRAINT_SCHEMA and i.CONSTRAINT_NAME = ii.CONSTRAINT_NAME and i.TABLE_SCHEMA = ii.TABLE_SCHEMA and i.TABLE_NAME = ii.TABLE_NAME where i.TABLE_SCHEMA = 'published' and i.TABLE_NAME = 'metric_value' and i.CONSTRAINT_TYPE in ('PRIMARY KEY', 'UNIQUE') order by i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME, ii.TABLE_SCHEMA, ii.TABLE_NAME, ii.ORDINAL_POSITION;
select pkcol.TABLE_SCHEMA AS PK_TABLE_SCHEMA, pkcol.TABLE_NAME AS PK_TABLE_NAME, pkcol.COLUMN_NAME as PK_COLUMN_NAME, fkcol.COLUMN_NAME as FK_COLUMN_NAME, fkcol.ORDINAL_POSITION as ORDINAL from (select distinct constraint_catalog, constraint_schema, unique_constraint_schema, constraint_name, unique_constraint_name from INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS) fkcon inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE fkcol on fkcon.CONSTRAINT_SCHEMA = fkcol.CONSTRAINT_SCHEMA and fkcon.CONSTRAINT_NAME = fkcol.CONSTRAINT_NAME inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE pkcol on fkcon.UNIQUE_CONSTRAINT_SCHEMA = pkcol.CONSTRAINT_SCHEMA and fkcon.UNIQUE_CONSTRAINT_NAME = pkcol.CONSTRAINT_NAME where fkcol.TABLE_SCHEMA = 'published' and fkcol.TABLE_NAME = 'metric_value' and pkcol.ORDINAL_POSITION = fkcol.ORDINAL_POSITION order by fkcol.ORDINAL_POSITION;
select character_set_name from INFORMATION_SCHEMA.character_sets;
CLOSE ALL;
UNLISTEN *;
RESET ALL;
DISCARD TEMP;
DISCARD ALL;

-- client: Tableau
SET DateStyle = 'ISO';
SET EXTRA_FLOAT_DIGITS = 2;
BEGIN;
declare "SQL_CUR1" cursor with hold for SELECT "metric_value"."period" AS "period", SUM("metric_value"."denominator") AS "sum:denominator:ok" FROM "published"."metric_value" "metric_value" GROUP BY 1;
fetch 10000 in "SQL_CUR1";
close "SQL_CUR1";
COMMIT;
-- = 1
SELECT 1 AS "x";
-- = 3
SELECT SUM(1) AS "cnt:metric_value:ok" FROM "published"."metric_value" "metric_value" HAVING (COUNT(1) > 0);
-- = E06000033
SELECT CAST("metric_value"."area_code" AS TEXT) AS "area_code" FROM "published"."metric_value" "metric_value" GROUP BY 1 ORDER BY 1 ASC NULLS FIRST;
-- = 2026-01-01 00:00:00|1
-- = 2026-02-01 00:00:00|1
-- = 2026-03-01 00:00:00|1
SELECT DATE_TRUNC('MONTH', CAST("metric_value"."period_start" AS TIMESTAMP WITHOUT TIME ZONE)) AS "tmn:period_start:ok", COUNT("metric_value"."period") AS "cnt" FROM "published"."metric_value" "metric_value" GROUP BY 1 ORDER BY 1;
-- = 2026|3
SELECT CAST(EXTRACT(YEAR FROM "metric_value"."period_start") AS BIGINT) AS "yr:period_start:ok", SUM(1) FROM "published"."metric_value" "metric_value" WHERE (NOT ("metric_value"."area_code" IS NULL)) GROUP BY 1;
-- = 1
SELECT CAST(TRUNC(EXTRACT(QUARTER FROM "metric_value"."period_start")) AS INTEGER) AS "qr" FROM "published"."metric_value" "metric_value" GROUP BY 1;
-- = A|3
SELECT (CASE WHEN ("metric_value"."area_code" = 'E06000033') THEN 'A' ELSE 'B' END) AS "group", SUM(((CASE WHEN ("metric_value"."value" > 0) THEN 1 ELSE 2 END) * 1)) - 1 AS "s" FROM "published"."metric_value" "metric_value" WHERE (("metric_value"."period_start" >= (DATE '2026-01-01')) AND ("metric_value"."period_start" < (TIMESTAMP '2027-01-01 00:00:00'))) GROUP BY 1;
-- = 2026-01|2026-03
SELECT MIN("metric_value"."period") AS "TEMP(min)", MAX("metric_value"."period") AS "TEMP(max)" FROM "published"."metric_value" "metric_value" HAVING (COUNT(1) > 0);
-- = R01|2026-02
SELECT "metric_value"."metric_id" AS "metric_id", "t0"."p" AS "p" FROM "published"."metric_value" "metric_value" INNER JOIN (SELECT "metric_value"."period" AS "p", SUM("metric_value"."denominator") AS "$__alias__0" FROM "published"."metric_value" "metric_value" GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 1 ASC LIMIT 1) "t0" ON ("metric_value"."period" = "t0"."p");
-- = 3
SELECT COUNT(DISTINCT "metric_value"."period") AS "ctd:period:ok" FROM "published"."metric_value" "metric_value" WHERE (POSITION(LOWER('REQ') IN LOWER(CAST("metric_value"."part_name" AS TEXT))) > 0) HAVING (COUNT(1) > 0);
-- = 59
SELECT (CAST('2026-03-01' AS DATE) - CAST('2026-01-01' AS DATE)) AS "days";

-- client: psqlODBC (Excel)
select ta.attname, ia.attnum, ic.relname, n.nspname, tc.relname from pg_catalog.pg_attribute ta, pg_catalog.pg_attribute ia, pg_catalog.pg_class tc, pg_catalog.pg_index i, pg_catalog.pg_namespace n, pg_catalog.pg_class ic where tc.relname = 'metric_value' AND n.nspname = 'published' AND tc.oid = i.indrelid AND n.oid = tc.relnamespace AND i.indisprimary = 't' AND ia.attrelid = i.indexrelid AND ta.attrelid = i.indrelid AND ta.attnum = i.indkey[ia.attnum-1] AND (NOT ta.attisdropped) AND (NOT ia.attisdropped) AND ic.oid = i.indexrelid order by ia.attnum;
select c.relname, i.indkey, i.indisunique, i.indisclustered, a.amname, c.relhasrules, n.nspname, c.oid, d.relhasoids, i.indoption from pg_catalog.pg_index i, pg_catalog.pg_class c, (select oid, relname, relnamespace, false as relhasoids from pg_catalog.pg_class) d, pg_catalog.pg_am a, pg_catalog.pg_namespace n where d.relname = 'metric_value' and n.nspname = 'published' and n.oid = d.relnamespace and d.oid = i.indrelid and i.indexrelid = c.oid and c.relam = a.oid order by i.indisprimary desc, i.indisunique, n.nspname, c.relname;
select 'warehouse'::name as "PKTABLE_CAT", n2.nspname as "PKTABLE_SCHEM", c2.relname as "PKTABLE_NAME", a2.attname as "PKCOLUMN_NAME", n1.nspname as "FKTABLE_SCHEM", c1.relname as "FKTABLE_NAME", a1.attname as "FKCOLUMN_NAME", i::int2 as "KEY_SEQ", conname as "FK_NAME" from ((((((( (select cn.oid, conrelid, conkey, confrelid, confkey, generate_series(array_lower(conkey, 1), array_upper(conkey, 1)) as i, confupdtype, confdeltype, conname, condeferrable, condeferred from pg_catalog.pg_constraint cn, pg_catalog.pg_class c, pg_catalog.pg_namespace n where contype = 'f' and conrelid = c.oid and relname = 'metric_value' and n.oid = c.relnamespace and n.nspname = 'published') ref inner join pg_catalog.pg_class c1 on c1.oid = ref.conrelid) inner join pg_catalog.pg_namespace n1 on n1.oid = c1.relnamespace) inner join pg_catalog.pg_attribute a1 on a1.attrelid = c1.oid and a1.attnum = conkey[i]) inner join pg_catalog.pg_class c2 on c2.oid = ref.confrelid) inner join pg_catalog.pg_namespace n2 on n2.oid = c2.relnamespace) inner join pg_catalog.pg_attribute a2 on a2.attrelid = c2.oid and a2.attnum = confkey[i])) order by ref.oid, ref.i;
-- = E06000033|2026-02|25
SELECT metric_value.area_code, metric_value.period, metric_value.value FROM warehouse.published.metric_value metric_value WHERE (metric_value.value>23) ORDER BY metric_value.period;
-- = 3
SELECT Count(metric_value.period) FROM warehouse.published.metric_value metric_value WHERE (metric_value.period_start>='2026-01-01'::date);
SELECT * FROM "warehouse"."published"."metric_value";
SELECT * FROM "published"."metric_value" WHERE 1=0;

-- client: Metabase
SELECT "c"."column_name" AS "name", CASE WHEN "c"."udt_schema" IN ('public', 'pg_catalog') THEN FORMAT('%s', "c"."udt_name") ELSE FORMAT('"%s"."%s"', "c"."udt_schema", "c"."udt_name") END AS "database-type", "c"."ordinal_position" - 1 AS "database-position", "c"."table_schema" AS "table-schema", "c"."table_name" AS "table-name", "pk"."column_name" IS NOT NULL AS "pk?", COL_DESCRIPTION(CAST(CAST(FORMAT('%I.%I', CAST("c"."table_schema" AS TEXT), CAST("c"."table_name" AS TEXT)) AS REGCLASS) AS OID), "c"."ordinal_position") AS "field-comment", (("column_default" IS NULL) OR (LOWER("column_default") = 'null')) AND ("is_nullable" = 'NO') AND NOT ((("column_default" IS NOT NULL) AND ("column_default" LIKE '%nextval(%')) OR ("is_identity" <> 'NO')) AS "database-required" FROM "information_schema"."columns" AS "c" LEFT JOIN (SELECT "tc"."table_schema", "tc"."table_name", "kc"."column_name" FROM "information_schema"."table_constraints" AS "tc" INNER JOIN "information_schema"."key_column_usage" AS "kc" ON ("tc"."constraint_name" = "kc"."constraint_name") AND ("tc"."table_schema" = "kc"."table_schema") AND ("tc"."table_name" = "kc"."table_name") WHERE "tc"."constraint_type" = 'PRIMARY KEY') AS "pk" ON ("c"."table_schema" = "pk"."table_schema") AND ("c"."table_name" = "pk"."table_name") AND ("c"."column_name" = "pk"."column_name") WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' AND ("c"."table_schema" IN ('published')) ORDER BY "table-schema" ASC, "table-name" ASC, "database-position" ASC;
SELECT "fk_ns"."nspname" AS "fk-table-schema", "fk_table"."relname" AS "fk-table-name", "fk_column"."attname" AS "fk-column-name", "pk_ns"."nspname" AS "pk-table-schema", "pk_table"."relname" AS "pk-table-name", "pk_column"."attname" AS "pk-column-name" FROM "pg_constraint" AS "c" INNER JOIN "pg_class" AS "fk_table" ON "c"."conrelid" = "fk_table"."oid" INNER JOIN "pg_namespace" AS "fk_ns" ON "c"."connamespace" = "fk_ns"."oid" INNER JOIN "pg_attribute" AS "fk_column" ON "c"."conrelid" = "fk_column"."attrelid" INNER JOIN "pg_class" AS "pk_table" ON "c"."confrelid" = "pk_table"."oid" INNER JOIN "pg_namespace" AS "pk_ns" ON "pk_table"."relnamespace" = "pk_ns"."oid" INNER JOIN "pg_attribute" AS "pk_column" ON "c"."confrelid" = "pk_column"."attrelid" WHERE fk_ns.nspname !~ '^information_schema|catalog_history|pg_' AND ("c"."contype" = 'f'::char) AND ("fk_column"."attnum" = ANY(c.conkey)) AND ("pk_column"."attnum" = ANY(c.confkey)) AND ("fk_ns"."nspname" IN ('published')) ORDER BY "fk-table-schema" ASC, "fk-table-name" ASC;
SELECT "source"."substring1" AS "substring1", "source"."period" AS "period" FROM (SELECT SUBSTRING("published"."metric_value"."part_name", 1, 1234) AS "substring1", "published"."metric_value"."period" AS "period" FROM "published"."metric_value") AS "source" LIMIT 10000;
SELECT "published"."metric_value"."area_code" AS "area_code" FROM "published"."metric_value" GROUP BY "published"."metric_value"."area_code" ORDER BY "published"."metric_value"."area_code" ASC LIMIT 1000;
-- = 2026-01-01|100|3
SELECT CAST(DATE_TRUNC('quarter', "published"."metric_value"."period_start") AS date) AS "period_start", SUM("published"."metric_value"."denominator") AS "sum", COUNT(*) AS "count" FROM "published"."metric_value" WHERE ("published"."metric_value"."period_start" >= DATE_TRUNC('month', CAST('2026-06-01' AS timestamp) + (INTERVAL '-30 month'))) GROUP BY CAST(DATE_TRUNC('quarter', "published"."metric_value"."period_start") AS date) ORDER BY CAST(DATE_TRUNC('quarter', "published"."metric_value"."period_start") AS date) ASC;
-- = 20|2
SELECT FLOOR(("published"."metric_value"."value" / 20.0)) * 20.0 AS "value", COUNT(*) AS "count" FROM "published"."metric_value" WHERE "published"."metric_value"."value" IS NOT NULL GROUP BY FLOOR(("published"."metric_value"."value" / 20.0)) * 20.0 ORDER BY 1 ASC;
-- = 3
SELECT COUNT(DISTINCT "source"."period") AS "count" FROM (SELECT * FROM "published"."metric_value" WHERE (LOWER("published"."metric_value"."part_name") LIKE '%refused%') AND ("published"."metric_value"."period_start" >= timestamp with time zone '2026-01-01 00:00:00.000Z')) AS "source" LIMIT 1048575;

-- client: Superset
-- = 2026-03-01 00:00:00|1
SELECT DATE_TRUNC('month', period_start) AS period_start, COUNT(*) AS count FROM published.metric_value WHERE period_start >= TO_TIMESTAMP('2026-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND period_start < TO_TIMESTAMP('2026-12-31 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY DATE_TRUNC('month', period_start) ORDER BY count DESC LIMIT 10000;
-- = 1
SELECT count(*) FROM published.metric_value WHERE period_start >= TO_DATE('2026-03-01', 'YYYY-MM-DD');
SELECT DISTINCT area_code AS area_code FROM published.metric_value LIMIT 1000;
-- = R01|3
SELECT metric_id AS metric_id, count(*) AS "COUNT(*)" FROM published.metric_value GROUP BY metric_id ORDER BY count(*) DESC LIMIT 100;
-- = R01|1
SELECT metric_id, sum(numerator) / sum(sum(numerator)) over () AS share FROM published.metric_value GROUP BY metric_id;
-- = 3
SELECT COUNT(*) AS rowcount FROM (SELECT area_code AS area_code FROM published.metric_value LIMIT 1000) AS rowcount_qry;
-- = 48
SELECT percentile_cont(0.0) WITHIN GROUP (ORDER BY denominator) FROM published.metric_value;
SELECT DATE_TRUNC('week', period_start) AS w, DATE_TRUNC('year', period_start), date_trunc('day', period_start) FROM published.metric_value;

-- client: Grafana
-- = 1767225600|48
SELECT floor(extract(epoch from period_start)/86400)*86400 AS "time", avg(denominator) AS "n" FROM published.metric_value WHERE period_start BETWEEN '2026-01-01T00:00:00Z' AND '2026-01-31T23:59:59.999Z' GROUP BY 1 ORDER BY 1;
SELECT period_start::timestamp AS "time", area_name AS metric, value FROM published.metric_value WHERE period_start >= '2026-01-01T00:00:00Z'::timestamptz ORDER BY 1;
-- = 1767225600
SELECT extract(epoch from period_start)::bigint AS "time" FROM published.metric_value WHERE extract(epoch from period_start) >= 1767225600 AND extract(epoch from period_start) <= 1767312000;
SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns WHERE quote_ident(table_schema) || '.' || quote_ident(table_name) = 'published.metric_value';
-- = published.metric_value.E06000033
SELECT DISTINCT 'published.metric_value.' || area_code FROM published.metric_value WHERE area_code ~* '^e0' ORDER BY 1;

-- client: DBeaver
SELECT x.* FROM published.metric_value x LIMIT 200;
SELECT x.* FROM published.metric_value x WHERE area_code = 'E06000033' ORDER BY x.period DESC;
-- = 3
SELECT count(*) FROM published.metric_value;
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid FROM pg_catalog.pg_attribute a INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid) LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum) LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid) LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid WHERE NOT a.attisdropped AND c.relname = 'metric_value' ORDER BY a.attnum;
SELECT pg_catalog.pg_total_relation_size('published.metric_value'::regclass), pg_catalog.pg_relation_size('published.metric_value'::regclass);
SELECT DISTINCT dep.deptype, dep.classid, dep.objid, cl.relkind, attr.attname,pg_get_expr(ad.adbin, ad.adrelid) adefval FROM pg_depend dep LEFT JOIN pg_class cl ON dep.objid=cl.oid LEFT JOIN pg_attribute attr ON dep.objid=attr.attrelid AND dep.objsubid=attr.attnum LEFT JOIN pg_attrdef ad ON ad.oid=dep.objid WHERE dep.refobjid=1;
SELECT pg_catalog.pg_get_viewdef('published.metric_value'::regclass, true);
-- = published|metric_value
SELECT schemaname, tablename FROM pg_catalog.pg_tables WHERE tablename = 'metric_value';
EXPLAIN SELECT x.* FROM published.metric_value x;

-- client: dbplyr
SELECT * FROM "published"."metric_value" AS "q01" WHERE (0 = 1);
-- = E06000033|1
SELECT "area_code", COUNT(*) AS "n" FROM (SELECT "metric_value".*, CAST("period_start" AS TIMESTAMP) AS "t" FROM "published"."metric_value") AS "q01" WHERE ("value" > 23.0) GROUP BY "area_code" HAVING (COUNT(*) > 0.0) LIMIT 11;
-- = 2026-02|1
SELECT "period", "r" FROM (SELECT "metric_value".*, ROW_NUMBER() OVER (PARTITION BY "area_code" ORDER BY "value" DESC NULLS LAST) AS "r" FROM "published"."metric_value") AS "q01" WHERE ("r" <= 1);
-- = 2026-01|low
SELECT "period", CASE WHEN ("value" < 23.0) THEN 'low' WHEN NOT ("value" < 23.0) THEN 'high' END AS "band" FROM "published"."metric_value" WHERE NOT((("value") IS NULL)) ORDER BY 1 LIMIT 1;

-- client: pandas (SQLAlchemy)
-- = t
SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace WHERE pg_catalog.pg_class.relname = 'metric_value' AND pg_catalog.pg_namespace.nspname = 'published') AS "there";
SELECT anon_1.area_code, anon_1.latest FROM (SELECT published.metric_value.area_code AS area_code, max(published.metric_value.period_start) AS latest FROM published.metric_value GROUP BY published.metric_value.area_code) AS anon_1 WHERE anon_1.latest > '2026-01-01'::DATE;
-- = 2
SELECT count(*) AS count_1 FROM published.metric_value WHERE published.metric_value.period = ANY (ARRAY['2026-01', '2026-02']);

-- client: Looker Studio
-- = E06000033|100
SELECT t0."area_code", SUM(t0."denominator") AS t0_qt_1 FROM "published"."metric_value" AS t0 WHERE (t0."period_start" >= '2026-01-01' AND t0."period_start" <= '2026-12-31') GROUP BY t0."area_code" ORDER BY t0_qt_1 DESC LIMIT 2000001;
-- = 202601|48
SELECT CAST(TO_CHAR(t0."period_start", 'YYYYMM') AS TEXT) AS q, SUM(t0."denominator") FROM "published"."metric_value" AS t0 WHERE t0."period" = '2026-01' GROUP BY CAST(TO_CHAR(t0."period_start", 'YYYYMM') AS TEXT);
