//! A [`Visit`] is one connection at a door that speaks HTTP, as the clock sees it.
//! It ends early when nothing is asked for too long, nobody logs in, or answers
//! are not read.
//!
//! What an answer's reader has not taken waits in buffers of the protocol, which
//! ask for no more of it and so never notice that nobody reads. Therefore the
//! visit looks: an answer that nobody has taken anything of for too long is
//! [dropped](Reading), with its query and its memory, even where other answers of
//! the same connection go on.

mod answered;
mod watched;

use answered::{Answered, Reading};
use axum::body::Body;
use http::Response;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::time::Instant;
pub(crate) use watched::Watched;

/// How long it may take until something is asked.
const FIRST: Duration = Duration::from_secs(10);
/// How long it may take until somebody has logged in, as at the Postgres door.
const LOGIN: Duration = Duration::from_secs(15);
/// The same, while something that was asked is not answered.
const LOGIN_ASKING: Duration = Duration::from_secs(60);
/// How long nothing may be asked after that.
const IDLE: Duration = Duration::from_secs(60 * 60);
/// How often the clock is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// One connection.
#[derive(Debug)]
pub(crate) struct Visit {
    began: Instant,
    /// How long an answer is kept for a reader who takes nothing of it.
    reader: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    has_asked: bool,
    is_known: bool,
    /// Calls that are not answered to the end.
    calls: usize,
    answers: Vec<Weak<Reading>>,
    /// When a call last ended.
    answered_at: Instant,
    /// Since when the system takes no bytes.
    stuck: Option<Instant>,
}

/// Why a visit ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// Nothing was said for too long, or nobody logged in.
    Silent,
    /// Nothing was taken for too long.
    Slow,
}

impl Over {
    /// As it is counted.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Over::Silent => "silent",
            Over::Slow => "slow",
        }
    }
}

impl Visit {
    /// One that begins now.
    pub(crate) fn begin(reader: Duration) -> Arc<Visit> {
        let now = Instant::now();
        Arc::new(Visit {
            began: now,
            reader,
            state: Mutex::new(State {
                has_asked: false,
                is_known: false,
                calls: 0,
                answers: Vec::new(),
                answered_at: now,
                stuck: None,
            }),
        })
    }

    /// Something is asked.
    pub(crate) fn call(self: &Arc<Visit>) -> Call {
        let mut state = self.lock();
        state.has_asked = true;
        state.calls += 1;
        Call(self.clone())
    }

    /// Somebody has logged in.
    pub(crate) fn is_known(&self) {
        self.lock().is_known = true;
    }

    /// Waits until the visit has to end; `slow` is told of each answer that ends
    /// before.
    pub(crate) async fn over(&self, slow: impl Fn()) -> Over {
        let every = LOOK.min(self.reader / 4).max(Duration::from_millis(10));
        loop {
            tokio::time::sleep(every).await;
            let now = Instant::now();
            if let Some(over) = self.is_over(now) {
                return over;
            }
            for answer in self.unread(now) {
                slow();
                drop(answer);
            }
        }
    }

    fn is_over(&self, now: Instant) -> Option<Over> {
        let state = self.lock();
        let stays = now - self.began;
        let login = match state.calls {
            0 => LOGIN,
            _ => LOGIN_ASKING,
        };
        let is_silent = (!state.has_asked && stays > FIRST)
            || (!state.is_known && stays > login)
            || (state.calls == 0 && now - state.answered_at > IDLE);
        if is_silent {
            return Some(Over::Silent);
        }
        if state.stuck.is_some_and(|since| now - since > self.reader) {
            return Some(Over::Slow);
        }
        // Nothing else is asked, and what is left of it waits in the protocol.
        let left = state.answers.iter().filter_map(Weak::upgrade);
        let left = left.filter(|answer| answer.was_left(now, self.reader * 2));
        let is_left = state.calls > 0 && now - state.answered_at > self.reader;
        (is_left && left.count() == state.calls).then_some(Over::Slow)
    }

    /// Takes away the answers of which nothing was taken for too long.
    fn unread(&self, now: Instant) -> Vec<Body> {
        let mut state = self.lock();
        state.answers.retain(|answer| answer.strong_count() > 0);
        let answers: Vec<_> = state.answers.iter().filter_map(Weak::upgrade).collect();
        drop(state);
        let unread = |answer: Arc<Reading>| answer.take(now, self.reader);
        answers.into_iter().filter_map(unread).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call, until its answer is over.
#[derive(Debug)]
pub(crate) struct Call(Arc<Visit>);

impl Call {
    /// The answer, which ends when nobody reads it.
    pub(crate) fn answered(self, response: Response<Body>) -> Response<Answered> {
        let visit = self.0.clone();
        let answered = Answered::new(self, response);
        visit.lock().answers.push(answered.body().reading());
        answered
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.calls = state.calls.saturating_sub(1);
        state.answered_at = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use futures::FutureExt as _;
    use http::header;
    use http_body_util::BodyExt as _;
    use hyper::body::Body as _;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    const READER: Duration = Duration::from_secs(60);
    const MOMENT: Duration = Duration::from_secs(1);

    fn answer(kind: &'static str) -> Response<Body> {
        let frames = (0..5).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"x")));
        let mut response = Response::new(Body::from_stream(futures::stream::iter(frames)));
        let kind = http::HeaderValue::from_static(kind);
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }

    fn known() -> Arc<Visit> {
        let visit = Visit::begin(READER);
        visit.is_known();
        visit
    }

    #[test]
    fn who_says_nothing_or_nobody_leaves_soon_and_who_is_known_stays() {
        let silent = Some(Over::Silent);
        // What is not yet counts from before, and what is by now from after: a busy
        // machine pauses in between.
        let before = Instant::now();
        let visit = Visit::begin(READER);
        let now = Instant::now();
        assert_eq!(visit.is_over(before + FIRST - MOMENT), None);
        assert_eq!(visit.is_over(now + FIRST + MOMENT), silent);
        drop(visit.call());
        assert_eq!(visit.is_over(before + LOGIN - MOMENT), None);
        assert_eq!(visit.is_over(now + LOGIN + MOMENT), silent);
        let _asks = visit.call();
        assert_eq!(visit.is_over(before + LOGIN + MOMENT), None);
        assert_eq!(visit.is_over(now + LOGIN_ASKING + MOMENT), silent);
        let before = Instant::now();
        let visit = known();
        drop(visit.call());
        let now = Instant::now();
        assert_eq!(visit.is_over(before + IDLE - MOMENT), None);
        assert_eq!(visit.is_over(now + IDLE + MOMENT), silent);
        let _asks = visit.call();
        assert_eq!(
            visit.is_over(now + IDLE + MOMENT),
            None,
            "an answer takes long"
        );
    }

    /// As if everything so far had been so long ago.
    fn age(visit: &Visit, by: Duration) {
        let mut state = visit.lock();
        state.answered_at -= by;
        for answer in state.answers.iter().filter_map(Weak::upgrade) {
            answer.age(by);
        }
    }

    #[test]
    fn time_without_a_question_counts_from_the_end_of_the_last_answer() {
        let visit = known();
        age(&visit, IDLE + MOMENT);
        assert_eq!(visit.is_over(Instant::now()), Some(Over::Silent));
        let asks = visit.call();
        age(&visit, IDLE + MOMENT);
        drop(asks);
        assert_eq!(visit.is_over(Instant::now()), None, "just answered");
    }

    #[tokio::test]
    async fn an_answer_that_nobody_reads_ends_and_cannot_be_taken_for_whole() {
        for (kind, is_grpc) in [("text/csv", false), ("application/grpc", true)] {
            let visit = known();
            let before = Instant::now();
            let mut unread = visit.call().answered(answer(kind)).into_body();
            let mut read = visit.call().answered(answer(kind)).into_body();
            unread.frame().await.unwrap().unwrap();
            assert!(visit.unread(before + READER - MOMENT).is_empty());
            while let Some(frame) = read.frame().await {
                frame.unwrap();
            }
            let _never = visit.call().answered(answer(kind)).into_body();
            let late = Instant::now() + READER + MOMENT;
            let taken = visit.unread(late).len();
            assert_eq!(taken, 2, "one of them before its first byte");
            match (unread.frame().await.unwrap(), is_grpc) {
                (Ok(last), true) => assert_eq!(last.trailers_ref().unwrap()["grpc-status"], "1"),
                (last, _) => assert!(last.is_err() && !is_grpc, "{last:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_connection_of_which_nothing_is_read_ends_and_one_with_another_answer_does_not() {
        let visit = known();
        let mut unread = visit.call().answered(answer("text/csv")).into_body();
        unread.frame().await.unwrap().unwrap();
        let late = Instant::now() + READER * 2 + MOMENT;
        assert_eq!(visit.unread(late).len(), 1);
        let other = visit.call();
        assert_eq!(visit.is_over(late), None);
        drop(other);
        assert_eq!(visit.is_over(late), Some(Over::Slow));
    }

    #[tokio::test]
    async fn an_answer_that_is_read_slowly_goes_on() {
        let visit = known();
        let mut slow = visit.call().answered(answer("text/csv")).into_body();
        for _ in 0..4 {
            slow.frame().await.unwrap().unwrap();
            age(&visit, READER - MOMENT * 20);
            assert!(visit.unread(Instant::now()).is_empty());
        }
    }

    #[tokio::test]
    async fn a_connection_ends_only_long_after_its_last_answer_was_taken_away() {
        let visit = known();
        let unread = visit.call().answered(answer("text/csv")).into_body();
        age(&visit, READER + MOMENT);
        assert_eq!(visit.is_over(Instant::now()), None, "nothing is taken away");
        assert_eq!(visit.unread(Instant::now()).len(), 1);
        assert!(!unread.is_end_stream(), "it is not whole");
        assert_eq!(visit.is_over(Instant::now()), None, "it may be told so");
        age(&visit, READER);
        drop(visit.call());
        assert_eq!(visit.is_over(Instant::now()), None, "just answered");
        age(&visit, READER + MOMENT);
        assert_eq!(visit.is_over(Instant::now()), Some(Over::Slow));
        let asks = visit.call();
        drop(unread);
        assert!(visit.unread(Instant::now()).is_empty());
        assert!(visit.lock().answers.is_empty(), "none is remembered");
        drop(asks);
        assert_eq!(visit.is_over(Instant::now()), None);
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_away_keeps_its_connection() {
        let visit = known();
        let _reading = visit.call().answered(answer("text/csv")).into_body();
        age(&visit, READER * 3);
        assert_eq!(visit.is_over(Instant::now()), None);
    }

    #[tokio::test]
    async fn the_clock_is_looked_at_and_every_answer_that_ends_is_told() {
        let visit = Visit::begin(MOMENT / 10);
        visit.is_known();
        let mut unread = visit.call().answered(answer("text/csv")).into_body();
        let told = std::cell::Cell::new(0);
        let over = visit.over(|| told.set(told.get() + 1));
        let over = tokio::time::timeout(MOMENT * 20, over).await.unwrap();
        assert_eq!((over, told.get()), (Over::Slow, 1));
        assert!(unread.frame().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_connection_that_takes_no_bytes_ends() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let visit = known();
        let _asks = visit.call();
        let (ours, mut theirs) = tokio::io::duplex(1);
        let mut watched = Watched::new(ours, visit.clone());
        let before = Instant::now();
        let write = tokio::time::timeout(MOMENT / 10, watched.write_all(b"xx"));
        assert!(write.await.is_err());
        let now = Instant::now();
        assert_eq!(visit.is_over(before + READER - MOMENT), None);
        assert_eq!(visit.is_over(now + READER + MOMENT), Some(Over::Slow));
        // Whoever goes on reading is not held to it.
        theirs.read_exact(&mut [0; 1]).await.unwrap();
        watched.write_all(b"x").await.unwrap();
        assert_eq!(visit.is_over(now + READER + MOMENT), None);
        theirs.read_exact(&mut [0; 1]).await.unwrap();
        // Whatever it is that the system does not take.
        let full = || {
            visit.lock().stuck = None;
            Watched::new(Full, visit.clone())
        };
        let late = || visit.is_over(Instant::now() + READER + MOMENT);
        assert!(full().flush().now_or_never().is_none());
        assert_eq!(late(), Some(Over::Slow));
        assert!(full().shutdown().now_or_never().is_none());
        assert_eq!(late(), Some(Over::Slow));
        let parts = [std::io::IoSlice::new(b"x")];
        assert!(full().write_vectored(&parts).now_or_never().is_none());
        assert_eq!(late(), Some(Over::Slow));
    }

    /// A system that takes nothing.
    struct Full;

    impl tokio::io::AsyncWrite for Full {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<std::io::Result<usize>> {
            Poll::Pending
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
            Poll::Pending
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
            Poll::Pending
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[std::io::IoSlice<'_>],
        ) -> Poll<std::io::Result<usize>> {
            Poll::Pending
        }
    }
}
