//! An HTTP server on the loopback interface that serves well, or misbehaves on demand.
//!
//! ```no_run
//! use testkit::server::{Behaviour, Server};
//!
//! let server = Server::new();
//! server.serve("/feed.json", "{}");
//! server.next("/feed.json", Behaviour::Status { code: 503, retry_after: Some("0".to_owned()) });
//! server.next("/feed.json", Behaviour::Cut { after: 1 });
//! let url = server.url("/feed.json"); // 503, then a body that is cut, then the whole one
//! ```
//!
//! It speaks HTTP/1.1 without keep-alive: every request is a connection. It understands `GET` and `HEAD`,
//! `Range: bytes=N-`, `If-Range`, `If-None-Match` and `If-Modified-Since`. It stops when it is dropped.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::{fs, thread};

use crate::image::sha256;

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The bytes.
    pub body: Vec<u8>,
    /// `Content-Type`.
    pub content_type: String,
    /// `ETag` with its quotes; `None`: the server sends none and honours no `If-None-Match`.
    pub etag: Option<String>,
    /// `Last-Modified`; `None`: the server sends none and honours no `If-Modified-Since`.
    pub last_modified: Option<String>,
    /// Whether `Range` is honoured.
    pub ranges: bool,
    /// Whether `Content-Length` is sent; without it the end of the connection ends the body.
    pub length: bool,
}

impl Resource {
    /// A resource with every courtesy: an `ETag` from its content, a fixed `Last-Modified`, ranges, length.
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self {
            etag: Some(format!("\"{}\"", &sha256(&body)[..16])),
            last_modified: Some("Sat, 01 Jun 2024 00:00:00 GMT".to_owned()),
            content_type: "application/octet-stream".to_owned(),
            ranges: true,
            length: true,
            body,
        }
    }
}

/// How one request is answered instead of with the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// As if nothing were asked of the server: the resource. It holds a place in the queue.
    Well,
    /// A status and no useful body.
    Status {
        /// The status code.
        code: u16,
        /// `Retry-After`, as written.
        retry_after: Option<String>,
    },
    /// The answer as it should be, cut after so many bytes of the body.
    Cut {
        /// How many bytes of the body are sent.
        after: usize,
    },
    /// So many bytes of the body, and then nothing, until the client goes away or the server is dropped.
    Stall {
        /// How many bytes of the body are sent.
        after: usize,
    },
    /// The connection closes before any answer.
    HangUp,
    /// An HTML page with status 200, as captive portals and broken front ends give.
    Html,
    /// A redirect (302) to this URL.
    Redirect(String),
    /// Another resource, once.
    Instead(Resource),
    /// Just this.
    Reply(Reply),
}

/// An answer that is no resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub code: u16,
    /// The headers but `Content-Length`.
    pub headers: Vec<(&'static str, String)>,
    /// The body; to `HEAD` only its length is told.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer with a status only.
    pub fn new(code: u16) -> Self {
        Self { code, ..Self::default() }
    }

    /// The same with one header more.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with this body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

/// Decides how a request is answered; `None` leaves it to the server.
type Handler = dyn Fn(&Request) -> Option<Behaviour> + Send + Sync;

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The header called `name`, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// A running server. It stops when it is dropped.
pub struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    handler: Option<Arc<Handler>>,
    root: Option<PathBuf>,
    resources: HashMap<String, Resource>,
    queues: HashMap<String, VecDeque<Behaviour>>,
    always: HashMap<String, Behaviour>,
    requests: Vec<Request>,
    open: Vec<TcpStream>,
    stopping: bool,
}

impl fmt::Debug for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Starts a server that knows no path: it answers 404.
    ///
    /// # Panics
    ///
    /// When the loopback interface cannot be listened on.
    #[expect(clippy::new_without_default, reason = "starting a server is no default value")]
    pub fn new() -> Self {
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).expect("the loopback interface can be listened on");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        Self { address, state, listener: Some(thread::spawn(move || listen(&listener, &shared))) }
    }

    /// Starts a server for the files of the directory `root`, each at its path.
    ///
    /// # Panics
    ///
    /// When the loopback interface cannot be listened on.
    pub fn of_dir(root: &Path) -> Self {
        let server = Self::new();
        lock(&server.state).root = Some(root.to_owned());
        server
    }

    /// The URL of `path` (`/feed.json`); of `""`, the server's own, without a last `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Serves `body` at `path` with every courtesy, in place of what was there.
    pub fn serve(&self, path: &str, body: impl Into<Vec<u8>>) -> &Self {
        self.serve_resource(path, Resource::new(body))
    }

    /// Serves `resource` at `path`, in place of what was there.
    pub fn serve_resource(&self, path: &str, resource: Resource) -> &Self {
        lock(&self.state).resources.insert(path.to_owned(), resource);
        self
    }

    /// Answers one more request for `path` with `behaviour`, after those already queued; then all is well again.
    pub fn next(&self, path: &str, behaviour: Behaviour) -> &Self {
        lock(&self.state).queues.entry(path.to_owned()).or_default().push_back(behaviour);
        self
    }

    /// Answers every request for `path` with `behaviour` once its queue is empty.
    pub fn always(&self, path: &str, behaviour: Behaviour) -> &Self {
        lock(&self.state).always.insert(path.to_owned(), behaviour);
        self
    }

    /// Lets `handler` decide first how each request is answered whose path has an empty queue.
    pub fn handle(&self, handler: impl Fn(&Request) -> Option<Behaviour> + Send + Sync + 'static) -> &Self {
        lock(&self.state).handler = Some(Arc::new(handler));
        self
    }

    /// `127.0.0.1` and the port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The requests so far, in the order in which they were read.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.state).requests.clone()
    }

    /// The requests for `path` so far.
    pub fn requests_for(&self, path: &str) -> Vec<Request> {
        lock(&self.state).requests.iter().filter(|request| request.path == path).cloned().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let open = {
            let mut state = lock(&self.state);
            state.stopping = true;
            std::mem::take(&mut state.open)
        };
        for stream in open {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // The listener waits for a connection: this is the last one.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn listen(listener: &TcpListener, state: &Arc<Mutex<State>>) {
    thread::scope(|scope| {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { continue };
            {
                let mut state = lock(state);
                if state.stopping {
                    return;
                }
                state.open.extend(stream.try_clone());
            }
            scope.spawn(move || {
                // A client that goes away in the middle is the client's affair. The shutdown is needed: the
                // copy of the socket in `open` keeps it from being closed.
                let _ = answer(&stream, state);
                let _ = stream.shutdown(Shutdown::Both);
            });
        }
    });
}

/// The first byte of a TLS connection (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

fn answer(stream: &TcpStream, state: &Mutex<State>) -> io::Result<()> {
    // A client that tries TLS first is told at once that there is none: its hello may hold no end of line.
    let mut first = [0];
    if stream.peek(&mut first)? == 1 && first[0] == TLS_HANDSHAKE {
        return Ok(());
    }
    let mut reader = BufReader::new(stream);
    let request = read_request(&mut reader)?;
    let (queued, handler) = {
        let mut state = lock(state);
        (state.queues.get_mut(&request.path).and_then(VecDeque::pop_front), state.handler.clone())
    };
    let decided = queued.or_else(|| handler.and_then(|handler| handler(&request)));
    let (behaviour, resource) = {
        let mut state = lock(state);
        let behaviour =
            decided.or_else(|| state.always.get(&request.path).cloned()).unwrap_or(Behaviour::Well);
        let resource = state.resources.get(&request.path).cloned().or_else(|| state.file(&request.path));
        state.requests.push(request.clone());
        (behaviour, resource)
    };
    let mut out = stream;
    match behaviour {
        Behaviour::HangUp => {}
        Behaviour::Status { code, retry_after } => {
            let headers: Vec<_> = retry_after.map(|value| ("Retry-After", value)).into_iter().collect();
            write_whole(&mut out, code, &headers, b"the server does as the test says\n")?;
        }
        Behaviour::Redirect(url) => write_whole(&mut out, 302, &[("Location", url)], b"")?,
        Behaviour::Reply(Reply { code, headers, body }) if request.method == "HEAD" => {
            write_head(&mut out, code, &headers, Some(body.len()))?;
        }
        Behaviour::Reply(Reply { code, headers, body }) => write_whole(&mut out, code, &headers, &body)?,
        Behaviour::Html => {
            let page = b"<!DOCTYPE html>\n<html><body><h1>Please log in</h1></body></html>\n";
            write_whole(&mut out, 200, &[("Content-Type", "text/html".to_owned())], page)?;
        }
        Behaviour::Well => write_resource(&mut out, &request, resource.as_ref(), usize::MAX)?,
        Behaviour::Instead(resource) => write_resource(&mut out, &request, Some(&resource), usize::MAX)?,
        Behaviour::Cut { after } => write_resource(&mut out, &request, resource.as_ref(), after)?,
        Behaviour::Stall { after } => {
            write_resource(&mut out, &request, resource.as_ref(), after)?;
            // Nothing more comes from the client; this ends when it closes, or when the server is dropped.
            reader.read_to_end(&mut Vec::new())?;
        }
    }
    Ok(())
}

impl State {
    /// The file below the root at the path of a request; a path that climbs out names nothing.
    fn file(&self, path: &str) -> Option<Resource> {
        let path = path.split('?').next()?.trim_start_matches('/');
        if path.split('/').any(|part| part == "..") {
            return None;
        }
        let path = self.root.as_ref()?.join(path);
        path.is_file().then(|| fs::read(path).ok().map(Resource::new))?
    }
}

fn read_request(reader: &mut impl BufRead) -> io::Result<Request> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.trim().to_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    Ok(Request { method, path, headers, body })
}

/// Writes the answer to `request` for `resource`, at most `body_bytes_max` bytes of its body.
fn write_resource(
    out: &mut impl Write,
    request: &Request,
    resource: Option<&Resource>,
    body_bytes_max: usize,
) -> io::Result<()> {
    let Some(resource) = resource else {
        return write_whole(out, 404, &[], b"not found\n");
    };
    let mut headers = vec![("Content-Type", resource.content_type.clone())];
    headers.extend(resource.etag.clone().map(|etag| ("ETag", etag)));
    headers.extend(resource.last_modified.clone().map(|date| ("Last-Modified", date)));
    if is_unchanged(request, resource) {
        return write_head(out, 304, &headers, None);
    }
    let (mut code, mut body) = (200, &*resource.body);
    if resource.ranges {
        headers.push(("Accept-Ranges", "bytes".to_owned()));
        if let Some(start) = wanted_start(request, resource) {
            let total = resource.body.len();
            if start >= total {
                headers.push(("Content-Range", format!("bytes */{total}")));
                return write_head(out, 416, &headers, Some(0));
            }
            headers.push(("Content-Range", format!("bytes {start}-{}/{total}", total - 1)));
            (code, body) = (206, &resource.body[start..]);
        }
    }
    write_head(out, code, &headers, resource.length.then_some(body.len()))?;
    if request.method != "HEAD" {
        out.write_all(&body[..body.len().min(body_bytes_max)])?;
    }
    out.flush()
}

/// Whether the request's conditions say that the client has the resource (RFC 9110 §13.1: an entity tag decides
/// alone where both conditions are given).
fn is_unchanged(request: &Request, resource: &Resource) -> bool {
    match (request.headers.get("if-none-match"), request.headers.get("if-modified-since")) {
        (Some(tags), _) => {
            resource.etag.as_ref().is_some_and(|etag| tags.split(',').any(|tag| tag.trim() == etag))
        }
        (None, Some(date)) => resource.last_modified.as_ref() == Some(date),
        (None, None) => false,
    }
}

/// The first byte that `Range: bytes=N-` asks for; `None` without the header, or when `If-Range` names another
/// state of the resource.
fn wanted_start(request: &Request, resource: &Resource) -> Option<usize> {
    if let Some(state) = request.headers.get("if-range")
        && Some(state) != resource.etag.as_ref()
        && Some(state) != resource.last_modified.as_ref()
    {
        return None;
    }
    request.headers.get("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

fn write_whole(out: &mut impl Write, code: u16, headers: &[(&str, String)], body: &[u8]) -> io::Result<()> {
    write_head(out, code, headers, Some(body.len()))?;
    out.write_all(body)?;
    out.flush()
}

fn write_head(
    out: &mut impl Write,
    code: u16,
    headers: &[(&str, String)],
    length: Option<usize>,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {code} As The Test Says\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(length) = length {
        head.push_str(&format!("Content-Length: {length}\r\n"));
    }
    head.push_str("\r\n");
    out.write_all(head.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends one request and returns all that comes back.
    fn ask(server: &Server, request: &str) -> String {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(format!("{request}\r\n\r\n").as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[test]
    fn a_resource_is_served_whole_in_part_and_conditionally() {
        let server = Server::new();
        server.serve("/a", "0123456789");
        let etag = Resource::new("0123456789").etag.unwrap();
        for (request, status, body) in [
            ("GET /a HTTP/1.1".to_owned(), "200", "0123456789"),
            ("HEAD /a HTTP/1.1".to_owned(), "200", ""),
            ("GET /a HTTP/1.1\r\nRange: bytes=4-".to_owned(), "206", "456789"),
            (format!("GET /a HTTP/1.1\r\nRange: bytes=4-\r\nIf-Range: {etag}"), "206", "456789"),
            ("GET /a HTTP/1.1\r\nRange: bytes=4-\r\nIf-Range: \"old\"".to_owned(), "200", "0123456789"),
            ("GET /a HTTP/1.1\r\nRange: bytes=10-".to_owned(), "416", ""),
            (format!("GET /a HTTP/1.1\r\nIf-None-Match: {etag}"), "304", ""),
            ("GET /a HTTP/1.1\r\nIf-None-Match: \"old\"".to_owned(), "200", "0123456789"),
            ("GET /a HTTP/1.1\r\nIf-Modified-Since: Sat, 01 Jun 2024 00:00:00 GMT".to_owned(), "304", ""),
            ("GET /b HTTP/1.1".to_owned(), "404", "not found\n"),
        ] {
            let answer = ask(&server, &request);
            let (head, got) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {head}");
            assert_eq!(got, body, "{request}");
        }
        assert_eq!(server.requests().len(), 10);
        assert_eq!(server.requests_for("/a")[2].headers["range"], "bytes=4-");
    }

    #[test]
    fn misbehaviour_comes_in_the_order_queued_and_then_ends() {
        let server = Server::new();
        server
            .serve("/a", "0123456789")
            .next("/a", Behaviour::Status { code: 503, retry_after: Some("7".to_owned()) })
            .next("/a", Behaviour::Cut { after: 3 })
            .next("/a", Behaviour::HangUp)
            .next("/a", Behaviour::Redirect("/b".to_owned()))
            .next("/a", Behaviour::Instead(Resource { length: false, ..Resource::new("x") }));
        let answers: Vec<String> = (0..6).map(|_| ask(&server, "GET /a HTTP/1.1")).collect();
        assert!(answers[0].contains(" 503 ") && answers[0].contains("Retry-After: 7\r\n"));
        assert!(answers[1].contains("Content-Length: 10\r\n") && answers[1].ends_with("\r\n\r\n012"));
        assert_eq!(answers[2], "");
        assert!(answers[3].contains(" 302 ") && answers[3].contains("Location: /b\r\n"));
        assert!(!answers[4].contains("Content-Length") && answers[4].ends_with("\r\n\r\nx"));
        assert!(answers[5].ends_with("\r\n\r\n0123456789"));
    }

    #[test]
    fn a_handler_decides_after_the_queue_and_before_the_rest() {
        let server = Server::new();
        server.serve("/a", "resource").next("/a", Behaviour::HangUp).handle(|request| {
            let reply = Reply::new(202).header("Location", "/b").body(request.body.clone());
            (request.method != "GET").then_some(Behaviour::Reply(reply))
        });
        assert_eq!(ask(&server, "POST /a HTTP/1.1"), "");
        let answer = ask(&server, "POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi");
        assert!(answer.contains(" 202 ") && answer.contains("Location: /b\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nhi"), "{answer}");
        assert!(ask(&server, "HEAD /x HTTP/1.1").ends_with("Content-Length: 0\r\n\r\n"));
        assert!(ask(&server, "GET /a HTTP/1.1").ends_with("\r\n\r\nresource"));
        assert_eq!(ask(&server, "\u{16}\u{3}\u{1}"), "", "TLS is hung up on");
    }

    #[test]
    fn a_stalled_answer_ends_with_the_server() {
        let server = Server::new();
        server.serve("/a", "0123456789").always("/a", Behaviour::Stall { after: 2 });
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(b"GET /a HTTP/1.1\r\n\r\n").unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        let mut two = [0; 2];
        reader.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"01");
        drop(server);
        assert_eq!(reader.read_to_end(&mut Vec::new()).unwrap_or(0), 0);
    }

    #[test]
    fn a_directory_is_served_and_nothing_above_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("host")).unwrap();
        fs::write(dir.path().join("host/file"), "content").unwrap();
        let server = Server::of_dir(&dir.path().join("host"));
        assert!(ask(&server, "GET /file?x=1 HTTP/1.1").ends_with("\r\n\r\ncontent"));
        assert!(ask(&server, "GET /../host/file HTTP/1.1").contains(" 404 "));
    }
}
