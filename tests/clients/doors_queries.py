"""Queries that anybody might ask, drawn by a seeded lot: always well-formed.

Every column of an answer has a name of its own, and an order with a limit is over
all of them, so that there is one right answer.
"""

# Columns by kind of value. Masked ones among them, and such as would break a
# careless predicate on rows that are not seen (`y` is 0 there, `digits` no number).
TABLES = {
    "person": {
        "key": ["pid"],
        "int": ["pid", "y", "days"],
        "decimal": ["cost"],
        "float": ["score"],
        "text": ["name", "nhs_p", "sex", "lsoa", "postcode", "la_code", "digits"],
        "date": ["dob", "seen_on"],
        "time": ["seen_at"],
        "truth": ["is_known"],
    },
    "ehcp": {
        "key": ["ehcp_id"],
        "int": ["ehcp_id", "pid", "weeks"],
        "decimal": ["annual_cost"],
        "float": ["share"],
        "text": ["la_code", "ward", "primary_need"],
        "date": ["issued"],
        "time": ["changed_at"],
        "truth": ["is_final"],
    },
    "core.referral": {
        "key": ["ref_id"],
        "int": ["ref_id", "pid", "waited"],
        "decimal": ["price"],
        "float": ["weight"],
        "text": ["trust_code", "la_code"],
        "date": ["asked_on"],
        "time": [],
        "truth": [],
    },
    "ref_school": {
        "key": ["urn"],
        "int": ["urn", "places"],
        "decimal": [],
        "float": [],
        "text": ["school", "la_code"],
        "date": [],
        "time": [],
        "truth": [],
    },
}
KINDS = ["int", "decimal", "float", "text", "date", "time", "truth"]
GOVERNED = ["person", "ehcp", "core.referral"]


class Queries:
    """Draws queries; the same seed draws the same."""

    def __init__(self, lot):
        self.lot = lot
        self.names = 0

    def draw(self):
        form = self.lot.choices(
            [self.plain, self.grouped, self.distinct, self.windowed, self.united, self.common, self.first_few, self.whole],
            [5, 6, 2, 3, 2, 2, 4, 2],
        )[0]
        return form()

    # What rows are taken from.

    def alias(self):
        self.names += 1
        return f"t{self.names}"

    def table(self):
        """One table under an alias: its text, and its columns by kind."""
        name = self.lot.choices(list(TABLES), [5, 4, 3, 1])[0]
        alias = self.alias()
        columns = {kind: [f"{alias}.{column}" for column in TABLES[name][kind]] for kind in ["key", *KINDS]}
        if self.lot.random() < 0.2:
            return f"(select * from {name} where {self.condition(bare(TABLES[name]), 1)}) {alias}", columns
        return f"{name} {alias}", columns

    def source(self):
        text, columns = self.table()
        if self.lot.random() < 0.55:
            return text, columns
        other, more = self.table()
        join = self.lot.choice(["join", "left join", "right join", "full join"])
        both = {kind: columns[kind] + more[kind] for kind in columns}
        on = [f"{self.lot.choice(columns['int'])} = {self.lot.choice(more['int'])}"]
        if columns["text"] and more["text"] and self.lot.random() < 0.4:
            on.append(f"{columns['text'][-1]} = {more['text'][-1]}")
        if join == "join" and self.lot.random() < 0.4:
            on.append(self.condition(both, 1))
        return f"{text} {join} {other} on {' and '.join(on)}", both

    # Values.

    def value(self, kind, columns, depth=2):
        lot, have = self.lot, columns[kind]
        if have and (depth == 0 or lot.random() < 0.5):
            return lot.choice(have)
        inner = lambda kind: self.value(kind, columns, max(depth - 1, 0))
        if depth == 0:
            return {
                "int": lambda: str(lot.randrange(30)),
                "decimal": lambda: f"cast({lot.randrange(900)}.25 as decimal(12, 2))",
                "float": lambda: f"{lot.randrange(40)}.5e0",
                "text": lambda: f"'{lot.choice(['W1', 'F', '301', '303', 'x', ''])}'",
                "date": lambda: f"date '20{lot.randrange(10, 24)}-0{lot.randrange(1, 10)}-1{lot.randrange(10)}'",
                "time": lambda: f"timestamp '2023-1{lot.randrange(3)}-02T03:04:05Z'",
                "truth": lambda: lot.choice(["true", "false", "null"]),
            }[kind]()
        made = {
            "int": [
                lambda: f"{inner('int')} + {lot.randrange(9)}",
                lambda: f"{inner('int')} % {lot.randrange(2, 9)}",
                lambda: f"coalesce({inner('int')}, -1)",
                lambda: f"length({inner('text')})",
                lambda: f"date_part('{lot.choice(['year', 'month', 'day'])}', {inner('date')})",
                lambda: f"case when {inner('truth')} then {inner('int')} else 7 end",
            ],
            "decimal": [
                lambda: f"{inner('decimal')} + {lot.randrange(9)}.5",
                lambda: f"{inner('decimal')} * 2",
                lambda: f"cast({inner('int')} as decimal(12, 2))",
                lambda: f"nullif({inner('decimal')}, 3.25)",
            ],
            "float": [
                lambda: f"{inner('float')} * 0.25e0",
                lambda: f"cast({inner('int')} as double)",
                lambda: f"sqrt(abs({inner('float')}))",
                lambda: f"cast({inner('decimal')} as double) / 3",
            ],
            "text": [
                lambda: f"upper({inner('text')})",
                lambda: f"substr({inner('text')}, 2, {lot.randrange(1, 5)})",
                lambda: f"concat({inner('text')}, '-', {inner('text')})",
                lambda: f"coalesce({inner('text')}, 'none')",
                lambda: f"cast({inner('int')} as varchar)",
                lambda: f"reverse({inner('text')})",
            ],
            "date": [
                lambda: f"cast(date_trunc('month', {inner('date')}) as date)",
                lambda: f"{inner('date')} + interval '3 days'",
                lambda: f"coalesce({inner('date')}, date '2001-02-03')",
            ],
            "time": [
                lambda: f"date_trunc('{lot.choice(['hour', 'day', 'month'])}', {inner('time')})",
                lambda: f"{inner('time')} + interval '2 hours'",
            ],
            "truth": [lambda: self.condition(columns, depth - 1)],
        }[kind]
        return lot.choice(made)()

    def condition(self, columns, depth=2):
        lot, inner = self.lot, lambda kind: self.value(kind, columns, max(depth - 1, 0))
        forms = [
            (4, lambda: f"{inner('int')} {self.compare()} {lot.randrange(60)}"),
            (2, lambda: f"{inner('decimal')} {self.compare()} {lot.randrange(200)}.75"),
            (1, lambda: f"{inner('float')} {self.compare()} {lot.randrange(30)}.5e0"),
            (3, lambda: f"{inner('text')} = {inner('text')}"),
            (2, lambda: f"{inner('text')} like '{lot.choice(['%1%', 'W%', 'p-%', '_0%', '9434%', 'SW1A%'])}'"),
            (2, lambda: f"{inner('date')} {self.compare()} date '20{lot.randrange(10, 24)}-06-01'"),
            (1, lambda: f"{inner(lot.choice(KINDS[:5]))} is {lot.choice(['', 'not '])}null"),
            (2, lambda: f"{inner('int')} between {lot.randrange(10)} and {lot.randrange(10, 90)}"),
            (2, lambda: f"{inner('text')} in ('301', '302', '303', 'HI', 'F', 'W3')"),
            (1, lambda: f"coalesce({inner('truth')}, false)"),
        ]
        if depth > 0:
            forms += [
                (2, lambda: f"({self.condition(columns, depth - 1)} or {self.condition(columns, depth - 1)})"),
                (1, lambda: f"not ({self.condition(columns, depth - 1)})"),
                (2, lambda: self.beneath(columns)),
            ]
        if any(column.endswith("y") and column.split(".")[-1] == "y" for column in columns["int"]):
            y = next(column for column in columns["int"] if column.split(".")[-1] == "y")
            forms.append((2, lambda: f"100 / {y} > {lot.randrange(1, 30)}"))
            digits = y[:-1] + "digits"
            forms.append((2, lambda: f"cast({digits} as bigint) % {lot.randrange(2, 5)} = 0"))
        weights = [weight for weight, _ in forms]
        return lot.choices(forms, weights)[0][1]()

    def compare(self):
        return self.lot.choice(["=", "<>", "<", "<=", ">", ">="])

    def beneath(self, columns):
        """A condition with a query in it."""
        name = self.lot.choice(GOVERNED)
        alias = self.alias()
        theirs = {kind: [f"{alias}.{column}" for column in TABLES[name][kind]] for kind in ["key", *KINDS]}
        ours = self.lot.choice(columns["int"])
        where = self.condition(theirs, 0)
        return self.lot.choice(
            [
                f"{ours} in (select {alias}.pid from {name} {alias} where {where})",
                f"{ours} not in (select {alias}.pid from {name} {alias} where {where})",
                f"exists (select 1 from {name} {alias} where {alias}.pid = {ours} and {where})",
                f"not exists (select 1 from {name} {alias} where {alias}.pid = {ours} and {where})",
                f"{ours} > (select avg({alias}.pid) from {name} {alias} where {where})",
            ]
        )

    def where(self, columns, often=0.7):
        drawn = [self.condition(columns) for _ in range(self.lot.choice([1, 1, 2]))]
        return f" where {' and '.join(drawn)}" if self.lot.random() < often else ""

    # Whole queries.

    def shown(self, columns, kinds=KINDS, some=(1, 5)):
        kinds = [self.lot.choice(kinds) for _ in range(self.lot.randrange(*some))]
        values = [self.value(kind, columns) for kind in kinds]
        return ", ".join(f"{value} as c{place}" for place, value in enumerate(values, 1)), len(kinds)

    def plain(self):
        text, columns = self.source()
        return f"select {self.shown(columns)[0]} from {text}{self.where(columns)}"

    def whole(self):
        name = self.lot.choice(list(TABLES))
        columns = bare(TABLES[name])
        return f"select * from {name}{self.where(columns)}"

    def distinct(self):
        text, columns = self.source()
        return f"select distinct {self.shown(columns, ['int', 'text', 'date', 'truth'])[0]} from {text}{self.where(columns)}"

    def aggregate(self, columns):
        lot = self.lot
        kind = lot.choice(["int", "int", "decimal", "float", "text", "date", "time"])
        value = self.value(kind, columns, 1)
        forms = [f"min({value})", f"max({value})", f"count({value})", f"count(distinct {value})", "count(*)"]
        if kind in ("int", "decimal", "float"):
            forms += [f"sum({value})", f"avg({value})"]
        if kind == "int":
            forms += [f"array_agg({value} order by {value})", f"stddev({value})", f"median({value})"]
        if kind == "text":
            forms += [f"string_agg({value}, ',' order by {value})"]
        drawn = lot.choice(forms)
        if lot.random() < 0.2 and "order by" not in drawn:
            drawn += f" filter (where {self.condition(columns, 1)})"
        return drawn

    def grouped(self):
        text, columns = self.source()
        keys = [self.value(self.lot.choice(["int", "text", "date"]), columns, 1) for _ in range(self.lot.randrange(3))]
        values = [self.aggregate(columns) for _ in range(self.lot.randrange(1, 4))]
        shown = ", ".join(f"{value} as c{place}" for place, value in enumerate(keys + values, 1))
        sql = f"select {shown} from {text}{self.where(columns)}"
        if keys:
            places = ", ".join(str(place) for place in range(1, len(keys) + 1))
            sql += f" group by rollup ({', '.join(keys)})" if self.lot.random() < 0.15 else f" group by {places}"
            if self.lot.random() < 0.3:
                sql += f" having count(*) {self.compare()} {self.lot.randrange(6)}"
        return sql

    def windowed(self):
        text, columns = self.table()
        lot, key = self.lot, columns["key"][0]
        by = self.value(lot.choice(["text", "int"]), columns, 0)
        number = self.value(lot.choice(["int", "decimal"]), columns, 1)
        window = lot.choice(
            [
                f"row_number() over (partition by {by} order by {key})",
                f"rank() over (order by {by})",
                f"lag({number}) over (partition by {by} order by {key})",
                f"sum({number}) over (partition by {by} order by {key})",
                f"count(*) over (partition by {by})",
                f"max({number}) over (partition by {by} order by {key} rows between 2 preceding and current row)",
                f"first_value({number}) over (partition by {by} order by {key} desc)",
            ]
        )
        return f"select {key} as c1, {window} as c2 from {text}{self.where(columns, 0.5)}"

    def united(self):
        word = self.lot.choice(["union all", "union", "intersect", "except"])
        kinds = [self.lot.choice(["int", "text", "date"]) for _ in range(self.lot.randrange(1, 3))]

        def half():
            text, columns = self.table()
            values = [self.value(kind, columns, 1) for kind in kinds]
            shown = ", ".join(f"{value} as c{place}" for place, value in enumerate(values, 1))
            return f"select {shown} from {text}{self.where(columns)}"

        return f"{half()} {word} {half()}"

    def common(self):
        text, columns = self.source()
        step = f"select {self.value('int', columns, 1)} as a, {self.value('text', columns, 1)} as b from {text}{self.where(columns)}"
        inner = self.aggregate({**{kind: [] for kind in ["key", *KINDS]}, "int": ["s.a"], "text": ["s.b"]})
        return self.lot.choice(
            [
                f"with s as ({step}) select {inner} as c1 from s",
                f"with s as ({step}) select s.b as c1, {inner} as c2 from s group by 1",
                f"with s as ({step}), m as (select max(a) as most from s) select s.a as c1, s.b as c2 from s join m on s.a = m.most",
                f"with s as ({step}) select a as c1, count(*) as c2 from (select distinct a, b from s) d group by a",
            ]
        )

    def first_few(self):
        text, columns = self.source()
        shown, width = self.shown(columns, ["int", "text", "date", "decimal", "truth", "time"])
        order = ", ".join(f"{place} {self.lot.choice(['asc', 'desc'])}" for place in range(1, width + 1))
        skip = f" offset {self.lot.randrange(5)}" if self.lot.random() < 0.3 else ""
        return f"select {shown} from {text}{self.where(columns)} order by {order} limit {self.lot.randrange(1, 40)}{skip}"


def bare(table):
    """A table's columns by kind, without an alias."""
    return {kind: list(table[kind]) for kind in ["key", *KINDS]}
