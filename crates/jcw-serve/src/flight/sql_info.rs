//! What this server is and can do, in the numbered items of Flight SQL. Drivers
//! ask for all of them when they connect, and some fail over one that is missing;
//! so all are here, and each is true.

use super::error::{Result, ours};
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow_flight::sql::metadata::{SqlInfoData, SqlInfoDataBuilder};
use arrow_flight::sql::{CommandGetSqlInfo, SqlInfo, SqlSupportsConvert};
use std::collections::BTreeMap;

/// All items. Built once.
pub(super) struct Information(SqlInfoData);

impl Information {
    /// With the functions that queries may call, by what they are about.
    pub(super) fn new(prepared_milliseconds: i32) -> Result<Information> {
        let mut items = SqlInfoDataBuilder::new();
        server(&mut items, prepared_milliseconds);
        names(&mut items);
        language(&mut items);
        limits(&mut items);
        transactions(&mut items);
        Ok(Information(items.build().map_err(ours)?))
    }

    /// The items that are asked for; all if none is.
    pub(super) fn answer(&self, asked: CommandGetSqlInfo) -> Result<RecordBatch> {
        asked.into_builder(&self.0).build().map_err(ours)
    }

    /// The columns of an answer.
    pub(super) fn schema(&self) -> Schema {
        self.0.schema().as_ref().clone()
    }
}

fn server(items: &mut SqlInfoDataBuilder, prepared_milliseconds: i32) {
    items.append(SqlInfo::FlightSqlServerName, "jcw");
    items.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    items.append(SqlInfo::FlightSqlServerArrowVersion, "1.3");
    items.append(SqlInfo::FlightSqlServerReadOnly, true);
    items.append(SqlInfo::FlightSqlServerSql, true);
    items.append(SqlInfo::FlightSqlServerSubstrait, false);
    items.append(SqlInfo::FlightSqlServerTransaction, 0_i32);
    items.append(SqlInfo::FlightSqlServerCancel, true);
    items.append(SqlInfo::FlightSqlServerBulkIngestion, false);
    items.append(SqlInfo::FlightSqlServerIngestTransactionsSupported, false);
    items.append(
        SqlInfo::FlightSqlServerStatementTimeout,
        prepared_milliseconds,
    );
    items.append(SqlInfo::FlightSqlServerTransactionTimeout, 0_i32);
}

fn names(items: &mut SqlInfoDataBuilder) {
    const LOWERCASE: i32 = 3;
    const AS_WRITTEN: i32 = 0;
    items.append(SqlInfo::SqlDdlCatalog, false);
    items.append(SqlInfo::SqlDdlSchema, false);
    items.append(SqlInfo::SqlDdlTable, false);
    items.append(SqlInfo::SqlIdentifierCase, LOWERCASE);
    items.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    items.append(SqlInfo::SqlQuotedIdentifierCase, AS_WRITTEN);
    items.append(SqlInfo::SqlAllTablesAreSelectable, true);
    items.append(SqlInfo::SqlSearchStringEscape, "\\");
    items.append(SqlInfo::SqlExtraNameCharacters, "");
    items.append(SqlInfo::SqlSchemaTerm, "schema");
    items.append(SqlInfo::SqlProcedureTerm, "");
    items.append(SqlInfo::SqlCatalogTerm, "catalog");
    items.append(SqlInfo::SqlCatalogAtStart, true);
    // In no command but queries, where any name may be written in full.
    items.append(SqlInfo::SqlSchemasSupportedActions, 0_i32);
    items.append(SqlInfo::SqlCatalogsSupportedActions, 0_i32);
}

fn language(items: &mut SqlInfoDataBuilder) {
    const BOTH: i32 = 0b11;
    const MINIMUM_AND_CORE: i32 = 0b11;
    const ENTRY: i32 = 0b1;
    const FULL_OUTER: i32 = 2;
    const COMPARED_EXISTS_AND_IN: i32 = 0b111;
    items.append(SqlInfo::SqlNullOrdering, NULLS_HIGH);
    items.append(SqlInfo::SqlKeywords, KEYWORDS);
    items.append(SqlInfo::SqlNumericFunctions, NUMERIC);
    items.append(SqlInfo::SqlStringFunctions, STRING);
    items.append(SqlInfo::SqlSystemFunctions, SYSTEM);
    items.append(SqlInfo::SqlDatetimeFunctions, DATETIME);
    items.append(SqlInfo::SqlSupportsColumnAliasing, true);
    items.append(SqlInfo::SqlNullPlusNullIsNull, true);
    items.append(SqlInfo::SqlSupportsConvert, conversions());
    items.append(SqlInfo::SqlSupportsTableCorrelationNames, true);
    items.append(SqlInfo::SqlSupportsDifferentTableCorrelationNames, false);
    items.append(SqlInfo::SqlSupportsExpressionsInOrderBy, true);
    items.append(SqlInfo::SqlSupportsOrderByUnrelated, true);
    items.append(SqlInfo::SqlSupportedGroupBy, BOTH);
    items.append(SqlInfo::SqlSupportsLikeEscapeClause, true);
    items.append(SqlInfo::SqlSupportsNonNullableColumns, true);
    items.append(SqlInfo::SqlSupportedGrammar, MINIMUM_AND_CORE);
    items.append(SqlInfo::SqlAnsi92SupportedLevel, ENTRY);
    items.append(SqlInfo::SqlSupportsIntegrityEnhancementFacility, false);
    items.append(SqlInfo::SqlOuterJoinsSupportLevel, FULL_OUTER);
    items.append(SqlInfo::SqlSupportedPositionedCommands, 0_i32);
    items.append(SqlInfo::SqlSelectForUpdateSupported, false);
    items.append(SqlInfo::SqlStoredProceduresSupported, false);
    items.append(SqlInfo::SqlSupportedSubqueries, COMPARED_EXISTS_AND_IN);
    items.append(SqlInfo::SqlCorrelatedSubqueriesSupported, true);
    items.append(SqlInfo::SqlSupportedUnions, BOTH);
}

/// As the engine sorts unless it is told otherwise: last when ascending.
const NULLS_HIGH: i32 = 0;

fn limits(items: &mut SqlInfoDataBuilder) {
    /// There is none, or none that is known.
    const NONE: i64 = 0;
    for item in [
        SqlInfo::SqlMaxBinaryLiteralLength,
        SqlInfo::SqlMaxCharLiteralLength,
        SqlInfo::SqlMaxColumnNameLength,
        SqlInfo::SqlMaxColumnsInGroupBy,
        SqlInfo::SqlMaxColumnsInIndex,
        SqlInfo::SqlMaxColumnsInOrderBy,
        SqlInfo::SqlMaxColumnsInSelect,
        SqlInfo::SqlMaxColumnsInTable,
        SqlInfo::SqlMaxConnections,
        SqlInfo::SqlMaxCursorNameLength,
        SqlInfo::SqlMaxIndexLength,
        SqlInfo::SqlDbSchemaNameLength,
        SqlInfo::SqlMaxProcedureNameLength,
        SqlInfo::SqlMaxCatalogNameLength,
        SqlInfo::SqlMaxStatements,
        SqlInfo::SqlMaxTableNameLength,
        SqlInfo::SqlMaxTablesInSelect,
        SqlInfo::SqlMaxUsernameLength,
    ] {
        items.append(item, NONE);
    }
    items.append(SqlInfo::SqlMaxRowSize, 16_i64 << 20);
    items.append(SqlInfo::SqlMaxRowSizeIncludesBlobs, true);
    items.append(SqlInfo::SqlMaxStatementLength, 1_i64 << 20);
}

fn transactions(items: &mut SqlInfoDataBuilder) {
    const NONE: i32 = 0;
    const ONLY_NONE: i32 = 0b1;
    const FORWARD: i32 = 0b10;
    const READ_ONLY: i32 = 0b10;
    items.append(SqlInfo::SqlDefaultTransactionIsolation, NONE);
    items.append(SqlInfo::SqlTransactionsSupported, false);
    items.append(SqlInfo::SqlSupportedTransactionsIsolationLevels, ONLY_NONE);
    items.append(SqlInfo::SqlDataDefinitionCausesTransactionCommit, false);
    items.append(SqlInfo::SqlDataDefinitionsInTransactionsIgnored, false);
    items.append(SqlInfo::SqlSupportedResultSetTypes, FORWARD);
    items.append(
        SqlInfo::SqlSupportedConcurrenciesForResultSetUnspecified,
        0_i32,
    );
    items.append(
        SqlInfo::SqlSupportedConcurrenciesForResultSetForwardOnly,
        READ_ONLY,
    );
    items.append(
        SqlInfo::SqlSupportedConcurrenciesForResultSetScrollSensitive,
        0_i32,
    );
    items.append(
        SqlInfo::SqlSupportedConcurrenciesForResultSetScrollInsensitive,
        0_i32,
    );
    items.append(SqlInfo::SqlBatchUpdatesSupported, false);
    items.append(SqlInfo::SqlSavepointsSupported, false);
    items.append(SqlInfo::SqlNamedParametersSupported, false);
    items.append(SqlInfo::SqlLocatorsUpdateCopy, false);
    items.append(SqlInfo::SqlStoredFunctionsUsingCallSyntaxSupported, false);
}

/// What `cast` makes of what: numbers and text of each other, text and days and
/// moments of each other.
fn conversions() -> BTreeMap<i32, Vec<i32>> {
    use SqlSupportsConvert::{
        SqlConvertBigint, SqlConvertBit, SqlConvertDate, SqlConvertDecimal, SqlConvertFloat,
        SqlConvertInteger, SqlConvertReal, SqlConvertSmallint, SqlConvertTime, SqlConvertTimestamp,
        SqlConvertTinyint, SqlConvertVarchar,
    };
    let numbers = [
        SqlConvertTinyint,
        SqlConvertSmallint,
        SqlConvertInteger,
        SqlConvertBigint,
        SqlConvertReal,
        SqlConvertFloat,
        SqlConvertDecimal,
    ];
    let moments = [SqlConvertDate, SqlConvertTimestamp];
    let text = SqlConvertVarchar;
    let mut conversions = BTreeMap::new();
    for number in numbers {
        let to = numbers.into_iter().chain([text]);
        conversions.insert(number as i32, to.map(|to| to as i32).collect());
    }
    for moment in moments {
        let to = moments.into_iter().chain([text]);
        conversions.insert(moment as i32, to.map(|to| to as i32).collect());
    }
    let to = numbers.into_iter().chain(moments);
    let to = to.chain([text, SqlConvertBit, SqlConvertTime]);
    conversions.insert(text as i32, to.map(|to| to as i32).collect());
    conversions.insert(
        SqlConvertBit as i32,
        vec![SqlConvertBit as i32, text as i32],
    );
    conversions.insert(
        SqlConvertTime as i32,
        vec![SqlConvertTime as i32, text as i32],
    );
    conversions
}

/// Words beyond SQL-92's that have to be quoted as names.
const KEYWORDS: &[&str] = &[
    "ANTI",
    "CLUSTER",
    "DISTRIBUTE",
    "EXPLAIN",
    "ILIKE",
    "LATERAL",
    "LIMIT",
    "OFFSET",
    "PIVOT",
    "QUALIFY",
    "SEMI",
    "SORT",
    "TABLESAMPLE",
    "UNPIVOT",
    "WINDOW",
];

// The functions of ODBC and JDBC's escape syntax, `{fn ...}`, that queries know
// under the same names and that mean the same.
const NUMERIC: &[&str] = &[
    "ABS", "ACOS", "ASIN", "ATAN", "ATAN2", "CEIL", "COS", "COT", "DEGREES", "EXP", "FLOOR",
    "LOG10", "PI", "POWER", "RADIANS", "ROUND", "SIN", "SQRT", "TAN",
];
const STRING: &[&str] = &[
    "ASCII",
    "CHARACTER_LENGTH",
    "CHAR_LENGTH",
    "CONCAT",
    "LEFT",
    "LENGTH",
    "LOWER",
    "LTRIM",
    "OCTET_LENGTH",
    "POSITION",
    "REPLACE",
    "REVERSE",
    "RIGHT",
    "RTRIM",
    "SUBSTRING",
    "TRIM",
    "UPPER",
];
const SYSTEM: &[&str] = &["COALESCE", "NULLIF"];
const DATETIME: &[&str] = &["CURRENT_DATE", "CURRENT_TIME", "EXTRACT", "NOW"];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_item_that_a_driver_may_ask_for_is_there() {
        let all = Information::new(1000).unwrap();
        let batch = all.answer(CommandGetSqlInfo::default()).unwrap();
        let names = batch.column(0).as_any();
        let names: &arrow::array::UInt32Array = names.downcast_ref().unwrap();
        let told: BTreeSet<u32> = names.values().iter().copied().collect();
        // 6 and 7 are versions of Substrait, which is not there.
        let expected = (0..=11).filter(|item| ![6, 7].contains(item));
        let expected: BTreeSet<u32> = expected.chain([100, 101]).chain(500..=576).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn one_item_is_told_alone() {
        let all = Information::new(1000).unwrap();
        let asked = CommandGetSqlInfo {
            info: vec![SqlInfo::FlightSqlServerTransaction as u32],
        };
        assert_eq!(all.answer(asked).unwrap().num_rows(), 1);
    }
}
