//! The functions that clients call on lists and words of the catalogue, and that
//! the engine has not, or has in another way.

use super::Known;
use super::oid::SYSTEM;
use super::tables::{full, quoted};
use arrow::array::{
    Array as _, ArrayRef, AsArray as _, Int16Array, Int16Builder, Int32Array, Int32Builder,
    ListBuilder, StringArray, StructArray, StructBuilder,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Int16Type, Int32Type};
use datafusion::common::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use jcw_lake::DEFAULT_SCHEMA;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The numbers of a list that a Postgres keeps as words.
pub(super) const VECTOR: &str = "pg_vector";
/// The places in a list, from one: what `generate_subscripts` gives as rows.
pub(super) const SUBSCRIPTS: &str = "pg_subscripts";
/// Numbers and their places: what `_pg_expandarray` gives as rows.
pub(super) const EXPANDED: &str = "pg_expanded";
/// A pattern whose escape is the one that the engine knows.
pub(super) const PATTERN: &str = "pg_like_pattern";
/// Numbers in a row, not many.
pub(super) const SERIES: &str = "pg_series";
/// No word.
pub(super) const NO_WORD: &str = "pg_no_word";
/// No list of words.
pub(super) const NO_WORDS: &str = "pg_no_words";

type Result<T, E = DataFusionError> = std::result::Result<T, E>;
type Make = Arc<dyn Fn(&[ArrayRef]) -> Result<ArrayRef> + Send + Sync>;

/// All of them, for one question.
pub(super) fn of(known: &Known) -> Vec<ScalarUDF> {
    let classes = classes(known);
    let of_list = |kind: DataType| DataType::List(Arc::new(Field::new("item", kind, true)));
    let made: [(&'static str, DataType, Make); 8] = [
        (VECTOR, of_list(DataType::Int16), Arc::new(vector)),
        (SUBSCRIPTS, of_list(DataType::Int32), Arc::new(subscripts)),
        (SERIES, of_list(DataType::Int32), Arc::new(series)),
        (
            EXPANDED,
            of_list(DataType::Struct(expanded_fields())),
            Arc::new(expanded),
        ),
        (PATTERN, DataType::Utf8, Arc::new(pattern)),
        ("array_to_string", DataType::Utf8, Arc::new(joined)),
        ("format", DataType::Utf8, Arc::new(formatted)),
        (
            "to_regclass",
            DataType::Int32,
            Arc::new(move |arguments| {
                let names = words(first(arguments)?)?;
                let numbers = names.iter().map(|name| {
                    let name = name?.to_lowercase().replace('"', "");
                    let plain = name.strip_prefix("pg_catalog.").unwrap_or(&name);
                    classes.get(plain).copied()
                });
                Ok(Arc::new(numbers.collect::<Int32Array>()) as ArrayRef)
            }),
        ),
    ];
    let made = made.into_iter();
    made.map(|(name, returns, make)| {
        ScalarUDF::from(Made {
            name,
            returns,
            make,
            signature: super::functions::any(),
        })
    })
    .collect()
}

/// Numbers of tables by the names that clients write.
pub(super) fn classes(known: &Known) -> BTreeMap<String, i32> {
    let system = SYSTEM.iter().map(|(name, oid)| ((*name).to_owned(), *oid));
    let mut classes: BTreeMap<String, i32> = system.collect();
    for table in known.session.visible().tables.values() {
        let number = known.oids.get(&full(table));
        if table.schema_name == DEFAULT_SCHEMA {
            classes.insert(table.name.clone(), number);
        }
        classes.insert(full(table), number);
    }
    classes
}

/// One of them.
struct Made {
    name: &'static str,
    returns: DataType,
    make: Make,
    signature: Signature,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Made {
    fn eq(&self, other: &Made) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.make, &other.make)
    }
}

impl Eq for Made {}

impl Hash for Made {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Made {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arguments = args.args.into_iter();
        let arguments: Result<Vec<ArrayRef>> = arguments
            .map(|argument| argument.into_array(rows))
            .collect();
        Ok(ColumnarValue::Array((self.make)(&arguments?)?))
    }
}

fn first(arguments: &[ArrayRef]) -> Result<&ArrayRef> {
    arguments
        .first()
        .ok_or_else(|| DataFusionError::Plan("a function of something is called of nothing".into()))
}

fn words(array: &ArrayRef) -> Result<StringArray> {
    Ok(cast(array, &DataType::Utf8)?.as_string().clone())
}

/// The lists of a column, and the type of what is in them; `None` where it has
/// none.
fn lists(array: &ArrayRef, of: &DataType) -> Result<Option<Vec<Option<ArrayRef>>>> {
    let Some(lists) = array.as_list_opt::<i32>() else {
        return Ok(None);
    };
    let lists = lists.iter().map(|list| match list {
        Some(list) => cast(&list, of).map(Some),
        None => Ok(None),
    });
    Ok(Some(lists.collect::<Result<_, _>>()?))
}

fn vectors(array: &ArrayRef) -> Result<Vec<Option<Vec<i16>>>> {
    if let Some(lists) = lists(array, &DataType::Int16)? {
        let numbers = |list: ArrayRef| list.as_primitive::<Int16Type>().iter().flatten().collect();
        return Ok(lists.into_iter().map(|list| list.map(numbers)).collect());
    }
    let words = words(array)?;
    let numbers = |words: &str| {
        let numbers = words.split_whitespace();
        numbers.filter_map(|number| number.parse().ok()).collect()
    };
    Ok(words.iter().map(|words| words.map(numbers)).collect())
}

fn vector(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let mut made = ListBuilder::new(Int16Builder::new());
    for numbers in vectors(first(arguments)?)? {
        match numbers {
            Some(numbers) => made.append_value(numbers.into_iter().map(Some)),
            None => made.append_null(),
        }
    }
    Ok(Arc::new(made.finish()))
}

fn subscripts(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let list = first(arguments)?;
    let lengths: Vec<Option<usize>> = match list.as_list_opt::<i32>() {
        Some(lists) => lists.iter().map(|list| Some(list?.len())).collect(),
        None => (vectors(list)?.iter())
            .map(|numbers| Some(numbers.as_ref()?.len()))
            .collect(),
    };
    let mut places = ListBuilder::new(Int32Builder::new());
    for length in lengths {
        match length.and_then(|length| i32::try_from(length).ok()) {
            Some(length) => places.append_value((1..=length).map(Some)),
            None => places.append_null(),
        }
    }
    Ok(Arc::new(places.finish()))
}

fn series(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let [from, to, ..] = arguments else {
        return Err(DataFusionError::Plan(
            "a series goes from somewhere to somewhere".into(),
        ));
    };
    let (from, to) = (cast(from, &DataType::Int32)?, cast(to, &DataType::Int32)?);
    let ends = from
        .as_primitive::<Int32Type>()
        .iter()
        .zip(to.as_primitive::<Int32Type>());
    let mut made = ListBuilder::new(Int32Builder::new());
    for ends in ends {
        match ends {
            (Some(from), Some(to)) => made.append_value((from..=to).take(LONGEST).map(Some)),
            _ => made.append_null(),
        }
    }
    Ok(Arc::new(made.finish()))
}

/// No key has more columns.
const LONGEST: usize = 1_000;

fn expanded_fields() -> Fields {
    Fields::from(vec![
        Field::new("x", DataType::Int16, true),
        Field::new("n", DataType::Int32, true),
    ])
}

fn expanded(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let mut made = ListBuilder::new(StructBuilder::from_fields(expanded_fields(), 0));
    for numbers in vectors(first(arguments)?)? {
        let is_there = numbers.is_some();
        let numbers = numbers.unwrap_or_default();
        let places = (1..).take(numbers.len()).map(Some);
        let rows = StructArray::new(
            expanded_fields(),
            vec![
                Arc::new(Int16Array::from(numbers)) as ArrayRef,
                Arc::new(places.collect::<Int32Array>()) as ArrayRef,
            ],
            None,
        );
        append(made.values(), &rows);
        made.append(is_there);
    }
    Ok(Arc::new(made.finish()))
}

fn append(made: &mut StructBuilder, rows: &StructArray) {
    let numbers = rows.column(0).as_primitive::<Int16Type>();
    for (place, number) in (1..).zip(numbers) {
        if let Some(x) = made.field_builder::<Int16Builder>(0) {
            x.append_option(number);
        }
        if let Some(n) = made.field_builder::<Int32Builder>(1) {
            n.append_value(place);
        }
        made.append(true);
    }
}

/// The same pattern with a backslash where the escape stands.
fn pattern(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let patterns = words(first(arguments)?)?;
    let escapes = match arguments.get(1) {
        Some(escapes) => words(escapes)?,
        None => return Ok(Arc::new(patterns)),
    };
    let made = patterns
        .iter()
        .zip(escapes.iter())
        .map(|(pattern, escape)| {
            let (pattern, escape) = (pattern?, escape?.chars().next());
            Some(escaped(pattern, escape))
        });
    Ok(Arc::new(made.collect::<StringArray>()))
}

fn escaped(pattern: &str, escape: Option<char>) -> String {
    let mut made = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            letter if Some(letter) == escape => {
                made.push('\\');
                made.extend(letters.next());
            }
            '\\' => made.push_str("\\\\"),
            letter => made.push(letter),
        }
    }
    made
}

/// `array_to_string`, also of what is kept as words here.
fn joined(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let list = first(arguments)?;
    let Some(lists) = lists(list, &DataType::Utf8)? else {
        return Ok(cast(list, &DataType::Utf8)?);
    };
    let between = match arguments.get(1) {
        Some(between) => words(between)?,
        None => StringArray::new_null(list.len()),
    };
    let made = lists
        .into_iter()
        .zip(between.iter())
        .map(|(list, between)| {
            let list = list?;
            let words: Vec<&str> = list.as_string::<i32>().iter().flatten().collect();
            Some(words.join(between?))
        });
    Ok(Arc::new(made.collect::<StringArray>()))
}

/// `format`: `%s` is the next value, `%I` the same as a name.
fn formatted(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let patterns = words(first(arguments)?)?;
    let values: Result<Vec<StringArray>> = arguments.iter().skip(1).map(words).collect();
    let values = values?;
    let made = patterns.iter().enumerate().map(|(row, pattern)| {
        let mut values =
            (values.iter()).map(|values| values.is_valid(row).then(|| values.value(row)));
        let (mut made, mut letters) = (String::new(), pattern?.chars());
        while let Some(letter) = letters.next() {
            match (letter, letters.as_str().chars().next()) {
                ('%', Some(kind)) => {
                    letters.next();
                    let value = |found: Option<Option<&str>>| {
                        found.flatten().unwrap_or_default().to_owned()
                    };
                    match kind {
                        's' => made.push_str(&value(values.next())),
                        'I' => made.push_str(&quoted(&value(values.next()))),
                        other => made.push(other),
                    }
                }
                (letter, _) => made.push(letter),
            }
        }
        Some(made)
    });
    Ok(Arc::new(made.collect::<StringArray>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> ArrayRef {
        Arc::new(StringArray::from(vec![words]))
    }

    #[test]
    fn a_pattern_means_the_same_with_the_other_escape() {
        for (pattern, expected) in [
            ("pg/_%", "pg\\_%"),
            ("a//b", "a\\/b"),
            ("a\\b", "a\\\\b"),
            ("end/", "end\\"),
        ] {
            assert_eq!(escaped(pattern, Some('/')), expected);
        }
        assert_eq!(escaped("a\\b_", None), "a\\\\b_");
    }

    #[test]
    fn a_format_takes_its_values_in_their_order() {
        let made = formatted(&[
            text("%s of %I.%I, 100%%"),
            text("one"),
            text("plain"),
            text("Two"),
        ]);
        let expected = "one of plain.\"Two\", 100%";
        assert_eq!(made.unwrap().as_string::<i32>().value(0), expected);
        let made = formatted(&[text("%s and %s"), text("one")]).unwrap();
        assert_eq!(made.as_string::<i32>().value(0), "one and ");
    }

    #[test]
    fn words_of_numbers_are_lists_with_places() {
        let list = vector(&[text("1 2 30")]).unwrap();
        assert_eq!(vectors(&list).unwrap(), [Some(vec![1, 2, 30])]);
        let rows = expanded(&[text("5 7")]).unwrap();
        let rows = rows.as_list::<i32>().value(0);
        let places = rows.as_struct().column(1);
        assert_eq!(
            places.as_ref(),
            &Int32Array::from(vec![1, 2]) as &dyn arrow::array::Array
        );
        assert_eq!(
            subscripts(&[list]).unwrap().as_list::<i32>().value(0).len(),
            3
        );
        assert_eq!(
            joined(&[vector(&[text("1 2")]).unwrap(), text(", ")])
                .unwrap()
                .as_string::<i32>()
                .value(0),
            "1, 2"
        );
    }
}
