//! A web answer may not say how long it is: pages made on request are sent as
//! they are written. The store we read with refuses such answers, so they are
//! given a length that no file has, [`UNKNOWN`], which is taken for none.

use async_trait::async_trait;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::{ClientOptions, HeaderValue};

/// The length of an answer that does not say its length.
const UNKNOWN: u64 = u64::MAX;

/// Bytes, where a store's answer says how many.
pub(crate) fn known_size(size: u64) -> Option<u64> {
    (size != UNKNOWN).then_some(size)
}

/// Connects as the store does by itself, and lets answers of any length pass.
#[derive(Debug)]
pub(crate) struct AnyLength;

#[derive(Debug)]
struct AnyLengthClient(HttpClient);

impl HttpConnector for AnyLength {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(AnyLengthClient(client)))
    }
}

#[async_trait]
impl HttpService for AnyLengthClient {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut answer = self.0.execute(request).await?;
        answer
            .headers_mut()
            .entry("content-length")
            .or_insert(HeaderValue::from(UNKNOWN));
        Ok(answer)
    }
}
