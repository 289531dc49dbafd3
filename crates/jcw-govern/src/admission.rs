//! Admission is the queue before the engine: so many questions run at once, for
//! the whole server and for each person, so many may wait, and the rest are
//! turned away at once. Who came first goes first, but somebody whose own
//! questions already fill their share does not hold up the others.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// How many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Most that may run.
    pub(crate) running: usize,
    /// Most that may wait besides.
    pub(crate) waiting: usize,
}

/// There is no place in the queue either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The person's own questions fill it.
    Person,
    /// Everybody's do.
    Server,
}

/// The queue. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    state: Arc<Mutex<State>>,
    bounds: Bounds,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    people: BTreeMap<String, Share>,
    queue: VecDeque<Waiter>,
    next: u64,
}

/// What one person has of it; no entry when that is nothing.
#[derive(Debug, Default)]
struct Share {
    running: usize,
    waiting: usize,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    person: String,
    /// Most that this person may have running.
    running: usize,
    called: oneshot::Sender<()>,
}

/// A place among those that run; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Admission,
    person: String,
}

impl Admission {
    /// An empty queue with bounds for everybody together.
    pub(crate) fn new(bounds: Bounds) -> Admission {
        Admission {
            state: Arc::default(),
            bounds,
        }
    }

    /// Most that one person may have running, whatever their role says: a quarter of
    /// the places is always for others.
    fn each(&self) -> usize {
        self.bounds.running - self.bounds.running / 4
    }

    /// Waits for a place. Dropping the future leaves the queue.
    pub(crate) async fn admit(&self, person: &str, own: Bounds) -> Result<Place, Full> {
        let (id, mut call) = {
            let mut state = self.lock();
            let share = state.people.entry(person.to_owned()).or_default();
            let most = own.running.min(self.each());
            let is_free = share.running < most;
            let (waiting, queued) = (share.waiting, state.queue.len());
            if is_free && state.running < self.bounds.running {
                state.begin(person);
                return Ok(self.place(person));
            }
            let full = match () {
                () if waiting >= own.waiting => Some(Full::Person),
                () if queued >= self.bounds.waiting => Some(Full::Server),
                () => None,
            };
            if let Some(full) = full {
                state.forget(person);
                return Err(full);
            }
            let (called, call) = oneshot::channel();
            let id = state.next;
            state.next += 1;
            state.queue.push_back(Waiter {
                id,
                person: person.to_owned(),
                running: most,
                called,
            });
            state.share(person).waiting += 1;
            (id, call)
        };
        let mut leaving = Leaving {
            admission: self,
            person,
            id: Some(id),
        };
        // The sender is only dropped when the place is given or the waiter left.
        let _ = (&mut call).await;
        leaving.id = None;
        Ok(self.place(person))
    }

    /// How many run and wait now.
    pub(crate) fn load(&self) -> (usize, usize) {
        let state = self.lock();
        (state.running, state.queue.len())
    }

    fn place(&self, person: &str) -> Place {
        Place {
            admission: self.clone(),
            person: person.to_owned(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn share(&mut self, person: &str) -> &mut Share {
        self.people.entry(person.to_owned()).or_default()
    }

    fn begin(&mut self, person: &str) {
        self.running += 1;
        self.share(person).running += 1;
    }

    fn end(&mut self, person: &str) {
        self.running = self.running.saturating_sub(1);
        let share = self.share(person);
        share.running = share.running.saturating_sub(1);
        self.forget(person);
    }

    /// People who have nothing here take no memory.
    fn forget(&mut self, person: &str) {
        let share = self.people.get(person);
        if share.is_some_and(|share| share.running == 0 && share.waiting == 0) {
            self.people.remove(person);
        }
    }

    /// Calls everybody for whom there is a place now, in order.
    fn call(&mut self, most: usize) {
        let mut at = 0;
        while self.running < most && at < self.queue.len() {
            let Some(waiter) = self.queue.get(at) else {
                break;
            };
            let running = self.people.get(&waiter.person).map_or(0, |s| s.running);
            if running >= waiter.running {
                at += 1;
                continue;
            }
            let Some(waiter) = self.queue.remove(at) else {
                break;
            };
            let share = self.share(&waiter.person);
            share.waiting = share.waiting.saturating_sub(1);
            self.begin(&waiter.person);
            // Somebody who has just left gives the place back in `Leaving`.
            let _ = waiter.called.send(());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.admission.lock();
        state.end(&self.person);
        state.call(self.admission.bounds.running);
    }
}

/// Takes somebody who stops waiting out of the queue.
struct Leaving<'a> {
    admission: &'a Admission,
    person: &'a str,
    /// None once the place is taken up.
    id: Option<u64>,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let mut state = self.admission.lock();
        match state.queue.iter().position(|waiter| waiter.id == id) {
            Some(at) => {
                state.queue.remove(at);
                let share = state.share(self.person);
                share.waiting = share.waiting.saturating_sub(1);
                state.forget(self.person);
            }
            // Called in this very moment.
            None => {
                state.end(self.person);
                state.call(self.admission.bounds.running);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    const OWN: Bounds = Bounds {
        running: 2,
        waiting: 8,
    };

    fn admission(running: usize, waiting: usize) -> Admission {
        Admission::new(Bounds { running, waiting })
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn concurrency_never_exceeds_the_limit() {
        let admission = admission(3, 1_000);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let asked = (0..200).map(|number| {
            let (admission, now, most) = (admission.clone(), now.clone(), most.clone());
            tokio::spawn(async move {
                let own = Bounds {
                    running: 2,
                    waiting: 1_000,
                };
                let person = format!("person {}", number % 4);
                let _place = admission.admit(&person, own).await.unwrap();
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_micros(200)).await;
                now.fetch_sub(1, Ordering::SeqCst);
            })
        });
        futures::future::join_all(asked).await;
        assert_eq!(most.load(Ordering::SeqCst), 3);
        assert_eq!(admission.load(), (0, 0));
        assert!(admission.lock().people.is_empty());
    }

    #[tokio::test]
    async fn who_came_first_goes_first() {
        let admission = admission(1, 100);
        let first = admission.admit("a", OWN).await.unwrap();
        let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
        for number in 0..6 {
            let (queue, say) = (admission.clone(), say.clone());
            tokio::spawn(async move {
                let person = ["a", "b"][number % 2];
                let _place = queue.admit(person, OWN).await.unwrap();
                say.send(number).unwrap();
            });
            while admission.load().1 <= number {
                tokio::task::yield_now().await;
            }
        }
        drop((first, say));
        let mut order = Vec::new();
        while let Some(number) = said.recv().await {
            order.push(number);
        }
        assert_eq!(order, [0, 1, 2, 3, 4, 5]);
    }

    #[tokio::test]
    async fn one_person_does_not_hold_up_the_others() {
        let admission = admission(3, 100);
        let _own = (
            admission.admit("a", OWN).await.unwrap(),
            admission.admit("a", OWN).await.unwrap(),
        );
        let mut third = Box::pin(admission.admit("a", OWN));
        assert!(futures::poll!(third.as_mut()).is_pending());
        let other = admission.admit("b", OWN).await.unwrap();
        assert_eq!(admission.load(), (3, 1));
        drop(other);
        // There is room now, but not for this person.
        assert!(futures::poll!(third.as_mut()).is_pending());
    }

    #[tokio::test]
    async fn nobody_takes_every_place() {
        let admission = admission(8, 100);
        let greedy = Bounds {
            running: 100,
            waiting: 100,
        };
        let mut held = Vec::new();
        for _ in 0..6 {
            held.push(admission.admit("a", greedy).await.unwrap());
        }
        let mut seventh = Box::pin(admission.admit("a", greedy));
        assert!(futures::poll!(seventh.as_mut()).is_pending());
        let _other = admission.admit("b", OWN).await.unwrap();
        drop(held.pop());
        assert!(futures::poll!(seventh.as_mut()).is_ready());
    }

    #[tokio::test]
    async fn too_many_waiting_are_turned_away_at_once() {
        let admission = admission(1, 3);
        let own = Bounds {
            running: 1,
            waiting: 2,
        };
        let _first = admission.admit("a", own).await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..2 {
            let mut next = Box::pin(admission.admit("a", own));
            assert!(futures::poll!(next.as_mut()).is_pending());
            waiting.push(next);
        }
        assert_eq!(admission.admit("a", own).await.unwrap_err(), Full::Person);
        let mut last = Box::pin(admission.admit("b", own));
        assert!(futures::poll!(last.as_mut()).is_pending());
        assert_eq!(admission.admit("c", own).await.unwrap_err(), Full::Server);
        assert!(!admission.lock().people.contains_key("c"));
    }

    #[tokio::test]
    async fn somebody_who_stops_waiting_leaves_the_queue() {
        let admission = admission(1, 10);
        let first = admission.admit("a", OWN).await.unwrap();
        let mut left = Box::pin(admission.admit("b", OWN));
        let mut next = Box::pin(admission.admit("c", OWN));
        assert!(futures::poll!(left.as_mut()).is_pending());
        assert!(futures::poll!(next.as_mut()).is_pending());
        drop(left);
        assert_eq!(admission.load(), (1, 1));
        drop(first);
        // Called, but it leaves before it hears so: the place is not lost.
        drop(next);
        assert_eq!(admission.load(), (0, 0));
        assert!(admission.lock().people.is_empty());
    }
}
