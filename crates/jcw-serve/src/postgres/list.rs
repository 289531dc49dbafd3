//! A list is a parameter of many values: `area_code = any($1)`. In text it is
//! `{a,"b c",NULL}`; in binary a head and then each value with its length.

use crate::placeholder::{index, with};
use crate::postgres::parameter::Parameter;
use bytes::{Buf as _, Bytes};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use pgwire::api::Type;

/// Values of one list.
const MOST: usize = 100_000;

/// What is in a list of this type; `None` for what is no list.
pub(super) fn member(wire: &Type) -> Option<Type> {
    Some(match *wire {
        Type::BOOL_ARRAY => Type::BOOL,
        Type::INT2_ARRAY => Type::INT2,
        Type::INT4_ARRAY => Type::INT4,
        Type::INT8_ARRAY => Type::INT8,
        Type::OID_ARRAY => Type::OID,
        Type::FLOAT4_ARRAY => Type::FLOAT4,
        Type::FLOAT8_ARRAY => Type::FLOAT8,
        Type::NUMERIC_ARRAY => Type::NUMERIC,
        Type::DATE_ARRAY => Type::DATE,
        Type::TIMESTAMP_ARRAY => Type::TIMESTAMP,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY | Type::NAME_ARRAY => {
            Type::TEXT
        }
        Type::UUID_ARRAY => Type::UUID,
        _ => return None,
    })
}

/// What a client declares, and a list of texts where it declares nothing and the SQL says
/// that there is a list: `= any($1)`, `<> all($1)`, `$1::text[]`. Clients that send text
/// leave it to the server.
pub(super) fn meant(sql: &str, declared: &[Option<Type>]) -> Vec<Option<Type>> {
    let mut meant = declared.to_vec();
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize();
    let tokens: Vec<Token> = (tokens.unwrap_or_default().into_iter())
        .filter(|token| !matches!(token, Token::Whitespace(_)))
        .collect();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(3).and_then(|start| tokens.get(start..at));
        let is_list = is_chosen_from(before) || is_cast_to_list(tokens.get(at + 1..));
        if let Some(index) = index(token).filter(|index| is_list && *index < MOST) {
            meant.resize(meant.len().max(index + 1), None);
            let open = meant
                .get_mut(index)
                .filter(|kind| kind.as_ref().is_none_or(|kind| *kind == Type::UNKNOWN));
            if let Some(open) = open {
                *open = Some(Type::TEXT_ARRAY);
            }
        }
    }
    meant
}

/// `= any(` or `<> all(`. Other comparisons would be those of texts.
fn is_chosen_from(before: Option<&[Token]>) -> bool {
    let Some([sign, Token::Word(word), Token::LParen]) = before else {
        return false;
    };
    match sign {
        Token::Eq => ["any", "some"]
            .iter()
            .any(|any| word.value.eq_ignore_ascii_case(any)),
        Token::Neq => word.value.eq_ignore_ascii_case("all"),
        _ => false,
    }
}

/// `::text[]`, `::numeric(10, 2)[]`.
fn is_cast_to_list(after: Option<&[Token]>) -> bool {
    let Some([Token::DoubleColon, rest @ ..]) = after else {
        return false;
    };
    let words = rest
        .iter()
        .take_while(|token| matches!(token, Token::Word(_)));
    let rest = rest.get(words.count()..).unwrap_or_default();
    let size = match rest {
        [Token::LParen, ..] => {
            rest.iter()
                .take_while(|token| **token != Token::RParen)
                .count()
                + 1
        }
        _ => 0,
    };
    matches!(
        rest.get(size..),
        Some([Token::LBracket, Token::RBracket, ..])
    )
}

/// Between the values of a list, and where there is none.
const BETWEEN: char = '\u{1f}';
const NOTHING: char = '\u{1e}';

/// The SQL with the parameters that are lists as texts that are taken apart: a
/// governed query takes no lists.
pub(super) fn apart(sql: &str, declared: &[Option<Type>]) -> String {
    let members: Vec<Option<Type>> = declared
        .iter()
        .map(|declared| declared.as_ref().and_then(member))
        .collect();
    let lists: Vec<usize> = (0..members.len())
        .filter(|index| members[*index].is_some())
        .collect();
    with(sql, &lists, &|index, text| {
        let list = format!("string_to_array({text}, '{BETWEEN}', '{NOTHING}')");
        match members.get(index).and_then(Option::as_ref) {
            None | Some(&Type::TEXT | &Type::UUID) => list,
            Some(member) => format!("CAST({list} AS {}[])", Parameter::sql_type(Some(member))),
        }
    })
}

/// The values of a list as one text; `None` where they hold what stands between.
pub(super) fn together(values: &[Option<String>]) -> Option<String> {
    let mut text = String::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            text.push(BETWEEN);
        }
        match value {
            Some(value) if value.contains([BETWEEN, NOTHING]) => return None,
            Some(value) => text.push_str(value),
            None => text.push(NOTHING),
        }
    }
    Some(text)
}

/// The words of `{a,"b c",NULL}`.
pub(super) fn words(text: &str) -> Option<Vec<Option<String>>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let (mut words, mut word) = (Vec::new(), String::new());
    let (mut is_quoted, mut was_quoted) = (false, false);
    let mut letters = inner.chars();
    if inner.trim().is_empty() {
        return Some(words);
    }
    let end = |word: &mut String, was_quoted: &mut bool| {
        let whole = std::mem::take(word);
        match std::mem::take(was_quoted) {
            true => Some(whole),
            false => {
                Some(whole.trim().to_owned()).filter(|word| !word.eq_ignore_ascii_case("null"))
            }
        }
    };
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.push(letters.next()?),
            '"' => {
                is_quoted = !is_quoted;
                was_quoted = true;
            }
            ',' if !is_quoted => words.push(end(&mut word, &mut was_quoted)),
            // A list of lists is none of ours.
            '{' | '}' if !is_quoted => return None,
            letter => word.push(letter),
        }
        if words.len() > MOST {
            return None;
        }
    }
    words.push(end(&mut word, &mut was_quoted));
    (!is_quoted).then_some(words)
}

/// The values of a list in binary.
pub(super) fn binary(mut bytes: Bytes) -> Option<Vec<Option<Bytes>>> {
    if bytes.len() < 12 {
        return None;
    }
    let dimensions = bytes.get_i32();
    let (_nulls, _member) = (bytes.get_i32(), bytes.get_i32());
    if dimensions == 0 {
        return Some(Vec::new());
    }
    if dimensions != 1 || bytes.len() < 8 {
        return None;
    }
    let count = usize::try_from(bytes.get_i32()).ok()?;
    let _first = bytes.get_i32();
    if count > MOST {
        return None;
    }
    let mut values = Vec::new();
    for _ in 0..count {
        if bytes.len() < 4 {
            return None;
        }
        values.push(match bytes.get_i32() {
            -1 => None,
            length => {
                let length = usize::try_from(length).ok()?;
                if bytes.len() < length {
                    return None;
                }
                Some(bytes.split_to(length))
            }
        });
    }
    bytes.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_into_the_query_as_one_text_and_is_taken_apart_there() {
        let declared = [None, Some(Type::TEXT_ARRAY), Some(Type::INT4_ARRAY)];
        assert_eq!(
            apart("select $1, '$2' = any($2), any($3)", &declared),
            "select $1, '$2' = any(string_to_array($2, '\u{1f}', '\u{1e}')), \
             any(CAST(string_to_array($3, '\u{1f}', '\u{1e}') AS INT[]))"
        );
        let some = |word: &str| Some(word.to_owned());
        let text = together(&[some("a"), None, some("b")]);
        assert_eq!(text.as_deref(), Some("a\u{1f}\u{1e}\u{1f}b"));
        assert_eq!(together(&[some("a\u{1f}b")]), None);
    }

    #[test]
    fn a_list_is_meant_where_the_sql_says_so() {
        let list = [Some(Type::TEXT_ARRAY)];
        for sql in [
            "select 1 where a = ANY ($1)",
            "a = some($1)",
            "a <> all($1)",
            "unnest($1::text[])",
            "$1 :: numeric(10, 2)[]",
            "a = any($1::date[])",
        ] {
            assert_eq!(meant(sql, &[]), list, "{sql}");
            assert_eq!(meant(sql, &[Some(Type::UNKNOWN)]), list, "{sql}");
            let declared = [Some(Type::INT4_ARRAY)];
            assert_eq!(meant(sql, &declared), declared, "{sql}");
        }
        for sql in [
            "a > any($1)",
            "a = any(f($1))",
            "a = $1",
            "any($1)",
            "$1::text, a[]",
            "'= any($1)'",
        ] {
            assert_eq!(meant(sql, &[]), [], "{sql}");
        }
        assert_eq!(
            meant("$1 = any($3)", &[]),
            [None, None, Some(Type::TEXT_ARRAY)]
        );
    }

    #[test]
    fn words_of_a_list_are_read_as_postgres_writes_them() {
        let some = |word: &str| Some(word.to_owned());
        assert_eq!(words("{}"), Some(Vec::new()));
        assert_eq!(words("{a, b}"), Some(vec![some("a"), some("b")]));
        assert_eq!(
            words(r#"{"a,b",NULL,"NULL","c\"d",""}"#),
            Some(vec![
                some("a,b"),
                None,
                some("NULL"),
                some("c\"d"),
                some("")
            ])
        );
        for wrong in ["", "a", "{a", "{{a}}", "{\"a}", "{a\\"] {
            assert_eq!(words(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_list_in_binary_is_whole_or_nothing() {
        let mut whole = Vec::new();
        for number in [1, 0, 25, 2, 1, 1] {
            whole.extend(i32::to_be_bytes(number));
        }
        whole.push(b'a');
        whole.extend(i32::to_be_bytes(-1));
        let read = binary(Bytes::from(whole.clone()));
        assert_eq!(read, Some(vec![Some(Bytes::from_static(b"a")), None]));
        for end in 0..whole.len() {
            assert_eq!(binary(Bytes::copy_from_slice(&whole[..end])), None, "{end}");
        }
        let mut many = Vec::new();
        for number in [1, 0, 25, i32::MAX, 1] {
            many.extend(i32::to_be_bytes(number));
        }
        assert_eq!(binary(many.into()), None);
    }
}
