//! A prepared statement: a query with parameters, and a handle by which it is
//! used. The handle says all that there is to know, also the parameters once
//! they are bound; a client that goes on using the one it had before is
//! remembered, for as long as there is room.

use super::actions::malformed;
use super::batches::schema_bytes;
use super::caller::Caller;
use super::error::{Result, ours};
use super::options::Options;
use super::service::Service;
use super::statement;
use super::ticket::{Claim, Use};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use arrow_flight::FlightData;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest,
    ActionCreatePreparedStatementResult, DoPutPreparedStatementResult,
};
use bytes::Bytes;
use datafusion::common::ScalarValue;
use futures::{Stream, StreamExt as _, TryStreamExt as _, future};
use jcw_govern::{Statement, all_exactly};
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tonic::Status;

/// How long a handle may be used: a working day.
const LASTS: Duration = Duration::from_secs(12 * 60 * 60);
/// The same, as drivers are told.
pub(super) const LASTS_MILLISECONDS: i32 = 12 * 60 * 60 * 1000;
/// Rows of parameters of one execution.
const MOST_ROWS: usize = 10_000;
/// And their bytes: they travel in the handle and in the ticket.
const MOST_BYTES: usize = 1 << 20;
/// All parameters that are remembered for handles without them.
const MOST_REMEMBERED: usize = 64 << 20;

/// Parameters by the id of a handle. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Bound {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    by_id: HashMap<Bytes, Bytes>,
    /// In the order in which they came.
    order: VecDeque<Bytes>,
    bytes: usize,
}

impl Bound {
    fn put(&self, id: &Bytes, parameters: Bytes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += parameters.len();
        match kept.by_id.insert(id.clone(), parameters) {
            Some(before) => kept.bytes -= before.len(),
            None => kept.order.push_back(id.clone()),
        }
        while kept.bytes > MOST_REMEMBERED {
            let Some(oldest) = kept.order.pop_front() else {
                break;
            };
            if let Some(forgotten) = kept.by_id.remove(&oldest) {
                kept.bytes -= forgotten.len();
            }
        }
    }

    fn get(&self, id: &Bytes) -> Option<Bytes> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_id.get(id).cloned()
    }

    fn forget(&self, id: &Bytes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(forgotten) = kept.by_id.remove(id) {
            kept.bytes -= forgotten.len();
            kept.order.retain(|other| other != id);
        }
    }
}

/// `CreatePreparedStatement`.
pub(super) async fn create(
    service: &Service,
    caller: &Caller,
    asked: ActionCreatePreparedStatementRequest,
) -> Result<ActionCreatePreparedStatementResult> {
    super::service::no_transaction(asked.transaction_id.as_ref())?;
    let statement = statement::plan(service, caller, &asked.query).await?;
    let claim = Claim {
        sql: statement.sql().to_owned(),
        release: caller.options.release.clone(),
        purpose: caller.options.purpose.clone(),
        schema: caller.options.schema.clone(),
        ..service.signer.claim(&caller.principal, LASTS)?
    };
    let result = ActionCreatePreparedStatementResult {
        prepared_statement_handle: service.signer.seal(&claim, Use::Prepared),
        dataset_schema: schema_bytes(statement.schema())?,
        parameter_schema: match statement.parameters() {
            [] => Bytes::new(),
            types => schema_bytes(&parameter_schema(types))?,
        },
    };
    service.running.keep(&claim.id, statement);
    Ok(result)
}

/// `ClosePreparedStatement`: there is nothing to free but what was remembered.
pub(super) fn close(
    service: &Service,
    caller: &Caller,
    asked: &ActionClosePreparedStatementRequest,
) -> Result<()> {
    let handle = &asked.prepared_statement_handle;
    let claim = service
        .signer
        .open(handle, Use::Prepared, &caller.principal)?;
    service.bound.forget(&claim.id);
    service.running.forget(&claim.id);
    Ok(())
}

/// A handle's statement, planned, with the parameters that are bound to it.
pub(super) async fn open(
    service: &Service,
    caller: &mut Caller,
    handle: &Bytes,
) -> Result<(Statement, Bytes)> {
    let claim = service
        .signer
        .open(handle, Use::Prepared, &caller.principal)?;
    let parameters = match claim.parameters.is_empty() {
        true => service.bound.get(&claim.id).unwrap_or_default(),
        false => claim.parameters.clone(),
    };
    caller.options = Options::of(&claim);
    if let Some(kept) = service.running.kept(&claim.id) {
        // The newest release may be another one by now, and rights too.
        let session = caller.session(service).await?;
        if session.sees_as(kept.session()) {
            return Ok((kept, parameters));
        }
    }
    let statement = statement::plan(service, caller, &claim.sql).await?;
    service.running.keep(&claim.id, statement.clone());
    Ok((statement, parameters))
}

/// A message that says itself how large it is once it is decompressed would be
/// believed; parameters are small and come as they are.
fn as_they_are(message: FlightData) -> Result<FlightData> {
    let header = arrow::ipc::root_as_message(&message.data_header).map_err(malformed)?;
    let dictionary = header.header_as_dictionary_batch();
    let batch = (header.header_as_record_batch())
        .or_else(|| dictionary.and_then(|dictionary| dictionary.data()));
    if batch.is_some_and(|batch| batch.compression().is_some()) {
        return Err(Status::invalid_argument(
            "send parameters without compression",
        ));
    }
    if message.data_body.len() > MOST_BYTES {
        let message = format!("at most {MOST_BYTES} bytes of parameters at once; send fewer");
        return Err(Status::resource_exhausted(message));
    }
    Ok(message)
}

/// DoPut: binds rows of parameters, and gives the handle that has them.
pub(super) async fn bind(
    service: &Service,
    mut caller: Caller,
    handle: &Bytes,
    sent: impl Stream<Item = Result<FlightData>> + Send + 'static,
) -> Result<DoPutPreparedStatementResult> {
    let (statement, _) = open(service, &mut caller, handle).await?;
    let sent = sent
        .and_then(|message| future::ready(as_they_are(message)))
        .map_err(|status| FlightError::Tonic(Box::new(status)));
    let mut batches = FlightRecordBatchStream::new_from_flight_data(sent.boxed());
    let mut parameters = Vec::new();
    let mut count = 0;
    let mut writer = None;
    while let Some(batch) = batches.try_next().await.map_err(of_sent)? {
        count += batch.num_rows();
        if count > MOST_ROWS {
            let message = format!("at most {MOST_ROWS} rows of parameters at once; send fewer");
            return Err(Status::resource_exhausted(message));
        }
        let writer = match &mut writer {
            Some(writer) => writer,
            None => {
                let new = StreamWriter::try_new(Vec::new(), &batch.schema()).map_err(ours)?;
                writer.insert(new)
            }
        };
        writer.write(&batch).map_err(ours)?;
        if writer.get_ref().len() > MOST_BYTES {
            let message = format!("at most {MOST_BYTES} bytes of parameters at once; send fewer");
            return Err(Status::resource_exhausted(message));
        }
    }
    if let Some(mut writer) = writer {
        writer.finish().map_err(ours)?;
        parameters = writer.into_inner().map_err(ours)?;
    }
    let parameters = Bytes::from(parameters);
    if !parameters.is_empty() {
        // Values that do not fit are told now, not when the answer is fetched.
        rows(&parameters, statement.parameters())?;
    }
    let mut claim = service
        .signer
        .open(handle, Use::Prepared, &caller.principal)?;
    service.bound.put(&claim.id, parameters.clone());
    claim.parameters = parameters;
    Ok(DoPutPreparedStatementResult {
        prepared_statement_handle: Some(service.signer.seal(&claim, Use::Prepared)),
    })
}

/// The rows of parameters, each value with the type that the query wants.
///
/// # Errors
/// When there are too few or too many, or one cannot be read as what it has to be.
pub(super) fn rows(bound: &Bytes, types: &[Option<DataType>]) -> Result<Vec<Vec<ScalarValue>>> {
    let reader = StreamReader::try_new(bound.as_ref(), None).map_err(malformed)?;
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.map_err(malformed)?;
        if batch.num_columns() != types.len() {
            return Err(Status::invalid_argument(format!(
                "the query has {} parameters, and {} were given",
                types.len(),
                batch.num_columns()
            )));
        }
        let columns = typed(&batch, types)?;
        for row in 0..batch.num_rows() {
            let values = columns
                .iter()
                .map(|column| ScalarValue::try_from_array(column, row));
            rows.push(values.collect::<Result<_, _>>().map_err(ours)?);
        }
    }
    Ok(rows)
}

/// The values as the types that the query needs, if they are the same ones.
fn typed(batch: &RecordBatch, types: &[Option<DataType>]) -> Result<Vec<arrow::array::ArrayRef>> {
    let columns = batch.columns().iter().zip(types).enumerate();
    let typed = columns.map(|(place, (column, wanted))| match wanted {
        Some(wanted) if wanted != column.data_type() => {
            all_exactly(column, wanted).ok_or_else(|| {
                let place = place + 1;
                Status::invalid_argument(format!("parameter ${place} has to be {wanted}"))
            })
        }
        _ => Ok(column.clone()),
    });
    typed.collect()
}

/// The parameters as columns: `$1`, `$2`; text where the query leaves it open.
pub(super) fn parameter_schema(types: &[Option<DataType>]) -> Schema {
    let fields = types.iter().enumerate().map(|(place, wanted)| {
        let wanted = match wanted {
            Some(DataType::Utf8View | DataType::LargeUtf8) | None => DataType::Utf8,
            Some(wanted) => wanted.clone(),
        };
        Field::new(format!("${}", place + 1), wanted, true)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn of_sent(error: FlightError) -> Status {
    match error {
        FlightError::Tonic(status) => *status,
        _ => Status::invalid_argument("the parameters are not Arrow batches"),
    }
}

/// The query with `?` numbered as `$1`, `$2`: drivers of JDBC and ODBC write the
/// one, the engine reads the other. Quoted text and comments stay as they are.
pub(super) fn numbered(sql: &str) -> Cow<'_, str> {
    if !sql.contains('?') {
        return Cow::Borrowed(sql);
    }
    let mut count = 0;
    let numbered = marked(sql, |mark| {
        if mark != "?" {
            return mark.to_owned();
        }
        count += 1;
        format!("${count}")
    });
    Cow::Owned(numbered)
}

/// The query with text for every parameter whose type it leaves open, where a
/// column's type hangs on that: a column has to be promised before there is a
/// value.
pub(super) fn settled(statement: &Statement) -> Option<String> {
    let types = statement.parameters();
    let fields = statement.schema().fields();
    let is_settled = types.iter().all(Option::is_some)
        || !fields.iter().any(|field| field.data_type().is_null());
    if is_settled {
        return None;
    }
    Some(marked(statement.sql(), |mark| {
        let place = mark.trim_start_matches('$').parse::<usize>().ok();
        match place.and_then(|place| types.get(place.checked_sub(1)?)) {
            Some(None) => format!("cast({mark} as varchar)"),
            _ => mark.to_owned(),
        }
    }))
}

/// The query with something else for each mark of a parameter, `?` or `$1`.
fn marked(sql: &str, mut instead: impl FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(sql.len() + 16);
    let mut rest = sql;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let digits = || rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        let (length, is_mark) = match first {
            '\'' | '"' => (
                rest[1..].find(first).map_or(rest.len(), |end| end + 2),
                false,
            ),
            '-' if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => {
                (rest.find("*/").map_or(rest.len(), |end| end + 2), false)
            }
            '?' => (1, true),
            '$' if !before.is_alphanumeric() && digits() > 0 => (1 + digits(), true),
            other => (other.len_utf8(), false),
        };
        let (part, after) = rest.split_at(length);
        match is_mark {
            true => out.push_str(&instead(part)),
            false => out.push_str(part),
        }
        before = first;
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray};

    fn bound(batch: &RecordBatch) -> Bytes {
        let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
        writer.into_inner().unwrap().into()
    }

    #[test]
    fn marks_are_numbered_outside_quotes_and_comments_alone() {
        let sql = "select '?', \"a?\", ? -- ?\n, /* ? */ ? from t where é = ?";
        let expected = "select '?', \"a?\", $1 -- ?\n, /* ? */ $2 from t where é = $3";
        assert_eq!(numbered(sql), expected);
        assert_eq!(numbered("select 'it''s ?', ?"), "select 'it''s ?', $1");
        assert_eq!(numbered("select '?"), "select '?");
    }

    #[test]
    fn values_take_the_types_that_the_query_wants() {
        let texts = Arc::new(StringArray::from(vec!["7", "8"])) as _;
        let batch = RecordBatch::try_from_iter([("1", texts)]).unwrap();
        let rows = rows(&bound(&batch), &[Some(DataType::Int64)]).unwrap();
        let expected = [7, 8].map(|value| vec![ScalarValue::Int64(Some(value))]);
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused_without_being_told() {
        let texts = Arc::new(StringArray::from(vec!["a secret"])) as _;
        let batch = RecordBatch::try_from_iter([("1", texts)]).unwrap();
        let refused = rows(&bound(&batch), &[Some(DataType::Int64)]).unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        assert_eq!(refused.message(), "parameter $1 has to be Int64");
    }

    #[test]
    fn too_few_parameters_are_told() {
        let numbers = Arc::new(Int64Array::from(vec![1])) as _;
        let batch = RecordBatch::try_from_iter([("1", numbers)]).unwrap();
        assert!(rows(&bound(&batch), &[None, None]).is_err());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let remembered = Bound::default();
        for number in 0_u32..100 {
            let id = Bytes::copy_from_slice(&number.to_le_bytes());
            remembered.put(&id, Bytes::from(vec![0; MOST_BYTES]));
        }
        let kept = remembered.kept.lock().unwrap();
        assert!(kept.bytes <= MOST_REMEMBERED);
        assert_eq!(kept.by_id.len(), kept.order.len());
    }
}
