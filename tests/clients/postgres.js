// node's `pg` against a running server: node postgres.js HOST PORT
// Prints a line for each call, `client | call | outcome`; ends with 1 if one was
// not as expected.
const assert = require("node:assert");
const { Client, Pool } = require("pg");

const settings = {
  host: process.argv[2],
  port: Number(process.argv[3]),
  user: "ann",
  password: "correct horse battery staple",
  database: "warehouse",
  connectionTimeoutMillis: 120000,
};
let failed = false;

async function does(call, run) {
  let outcome;
  try {
    outcome = (await run()) || "works";
  } catch (error) {
    console.error(error);
    outcome = "fails";
    failed = true;
  }
  console.log(`node pg | ${call} | ${outcome}`);
}

(async () => {
  const client = new Client(settings);
  await does("connect with SCRAM-SHA-256", async () => {
    await client.connect();
  });
  await does("values", async () => {
    const { rows, fields } = await client.query(
      "select 7 as whole, true as yes, cast(1.5 as decimal(9, 2)) as money, cast(null as text) as nothing"
    );
    assert.deepStrictEqual(rows, [{ whole: "7", yes: true, money: "1.50", nothing: null }]);
    assert.strictEqual(fields.length, 4);
  });
  await does("parameters", async () => {
    const { rows } = await client.query("select $1::int + 1 as n, $2 as word", [41, "é"]);
    assert.strictEqual(Number(rows[0].n), 42);
    assert.strictEqual(rows[0].word, "é");
    // A list comes as text, of no type.
    const chosen = async (list) =>
      (await client.query("select n from (values (1), (2), (3)) v(n) where n = any($1) order by n", [list])).rows;
    assert.deepStrictEqual((await chosen([3, 1, 7])).map((row) => Number(row.n)), [1, 3]);
    assert.deepStrictEqual(await chosen([]), []);
    const words = await client.query("select 'a,b' = any($1) as is_in, 'c' <> all($1::text[]) as is_out", [["a,b", null, "x"]]);
    assert.deepStrictEqual(words.rows, [{ is_in: true, is_out: null }]);
  });
  await does("named statement", async () => {
    for (let n = 0; n < 3; n += 1) {
      const { rows } = await client.query({
        name: "by-area",
        text: "select count(*) as n from published.metric_value where area_code = $1",
        values: ["E06000033"],
      });
      assert.ok(Number(rows[0].n) > 0);
    }
  });
  await does("error and on", async () => {
    await assert.rejects(client.query("select * from jcw.run"), { code: "42P01" });
    const { rows } = await client.query("select 1 as one");
    assert.strictEqual(rows.length, 1);
    return "refused: 42P01";
  });
  await does("several statements", async () => {
    const several = await client.query("begin; select 1 as one; commit");
    assert.strictEqual(several.length, 3);
  });
  await client.end();
  await does("pool", async () => {
    const pool = new Pool({ ...settings, max: 5 });
    const asked = Array.from({ length: 20 }, (_, n) => pool.query("select $1::int as n", [n]));
    const answers = await Promise.all(asked);
    assert.deepStrictEqual(answers.map(({ rows }) => rows[0].n), Array.from({ length: 20 }, (_, n) => n));
    await pool.end();
  });
  process.exit(failed ? 1 : 0);
})();
