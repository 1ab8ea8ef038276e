//! [`Resolver`]: the system's resolver, whose errors name what was looked up.
//!
//! Behind a proxy that is not the host of the URL, and the client's own error does not tell.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Looks names up as the system does, each on a thread of its own: the client's one thread must not wait.
#[derive(Debug)]
pub(crate) struct Resolver;

/// A name that cannot be resolved.
#[derive(Debug)]
pub(crate) struct LookupError {
    /// What was looked up: a host, or the proxy for it.
    pub(crate) name: String,
    source: io::Error,
}

impl fmt::Display for LookupError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the name `{}` cannot be resolved", self.name)
    }
}

impl Error for LookupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

impl LookupError {
    /// The one among the causes of `error`.
    pub(crate) fn of(error: &reqwest::Error) -> Option<&Self> {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            cause = error.source();
        }
        None
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = Lookup::default();
        let (host, state) = (name.as_str().to_owned(), Arc::clone(&lookup.state));
        let run = move || {
            state.end(look_up(&host).map_err(|source| LookupError { name: host, source }));
        };
        if let Err(source) = thread::Builder::new().name("lookup".to_owned()).spawn(run) {
            lookup.state.end(Err(LookupError { name: name.as_str().to_owned(), source }));
        }
        Box::pin(async { Ok(Box::new(lookup.await?.into_iter()) as Addrs) })
    }
}

fn look_up(host: &str) -> io::Result<Vec<SocketAddr>> {
    // RFC 6761, 6.4: no such name exists, so nobody is asked for it.
    if host.trim_end_matches('.').rsplit('.').next().is_some_and(|end| end.eq_ignore_ascii_case("invalid")) {
        return Err(io::Error::new(io::ErrorKind::NotFound, "names below `invalid` do not exist"));
    }
    // The port is the caller's.
    (host, 0).to_socket_addrs().map(Iterator::collect)
}

type Found = Result<Vec<SocketAddr>, LookupError>;

/// What another thread is looking up.
#[derive(Default)]
struct Lookup {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    inner: Mutex<(Option<Found>, Option<Waker>)>,
}

impl State {
    fn end(&self, found: Found) {
        let waker = {
            let (result, waker) = &mut *self.inner();
            *result = Some(found);
            waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    fn inner(&self) -> MutexGuard<'_, (Option<Found>, Option<Waker>)> {
        // Nothing panics while it is held.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Future for Lookup {
    type Output = Found;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Found> {
        let (result, waker) = &mut *self.state.inner();
        match result.take() {
            Some(found) => Poll::Ready(found),
            None => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
