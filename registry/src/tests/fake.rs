//! A registry in memory: enough of the distribution specification to be read from and written to.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::server::{Behaviour, Reply, Request, Resource, Server};

use crate::client::{Registry, Repository};
use crate::descriptor::{OCI_INDEX, OCI_MANIFEST};
use crate::reference::{Pointer, Reference};
use model::digest::Digest;

/// The repository that tests use.
pub(crate) const NAME: &str = "team/app";

/// Who is let in.
#[derive(Clone, PartialEq)]
pub(crate) enum Door {
    Open,
    /// Basic authentication with this user and password.
    Basic(&'static str),
    /// Tokens: for everybody, for this user and password, or for this identity token.
    Token,
    TokenFor(&'static str),
    IdentityTokenFor(&'static str),
    /// Nobody, whatever they show.
    Shut,
}

pub(crate) struct State {
    pub(crate) door: Door,
    /// Whether referrers are listed.
    pub(crate) has_referrers: bool,
    /// Whether it says of referrers which kind of artifact they are.
    pub(crate) knows_artifacts: bool,
    /// How many referrers stand on a page.
    pub(crate) page: usize,
    /// The token that is taken now.
    pub(crate) token: String,
    /// Where tokens are to be had; `None`: here.
    pub(crate) realm: Option<String>,
    pub(crate) blobs: HashMap<String, Vec<u8>>,
    /// Those that came over the network; the others are resources of the server.
    pub(crate) pushed: HashSet<String>,
    /// Media type and bytes, by tag and by digest.
    pub(crate) manifests: HashMap<String, (String, Vec<u8>)>,
}

pub(crate) struct Fake {
    pub(crate) server: Server,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Fake {
    pub(crate) fn new(door: Door) -> Self {
        let server = Server::new();
        let state = Arc::new(Mutex::new(State {
            door,
            has_referrers: true,
            knows_artifacts: true,
            page: 100,
            token: "t0ken-1".to_owned(),
            realm: None,
            blobs: HashMap::new(),
            pushed: HashSet::new(),
            manifests: HashMap::new(),
        }));
        let (shared, root) = (Arc::clone(&state), server.url(""));
        server.handle(move |request| shared.lock().unwrap().answer(request, &root));
        Self { server, state }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn reference(&self, tag: &str) -> Reference {
        format!("{}/{NAME}:{tag}", self.server.host()).parse().unwrap()
    }

    pub(crate) fn repository(&self, registry: &Registry) -> Repository {
        registry.repository(&self.reference("1"))
    }

    /// Puts a manifest there as `1` and by its digest.
    pub(crate) fn with_manifest(&self) -> Vec<u8> {
        let bytes =
            json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": []}).to_string().into_bytes();
        self.put_manifest("1", OCI_MANIFEST, &bytes);
        bytes
    }

    pub(crate) fn put_manifest(&self, tag: &str, media_type: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::sha256(bytes);
        let mut state = self.state();
        for key in [tag, digest.as_str()] {
            state.manifests.insert(key.to_owned(), (media_type.to_owned(), bytes.to_vec()));
        }
        digest
    }

    pub(crate) fn put_blob(&self, bytes: &[u8]) -> Digest {
        let digest = Digest::sha256(bytes);
        self.state().blobs.insert(digest.to_string(), bytes.to_vec());
        // The server's own resource is what it cuts and stalls.
        self.server.serve(&blob_path(&digest), bytes);
        digest
    }

    /// `Authorization` of each request for `path`.
    pub(crate) fn authorizations(&self, path: &str) -> Vec<Option<String>> {
        let requests = self.server.requests_for(path);
        requests.iter().map(|request| request.header("authorization").map(str::to_owned)).collect()
    }
}

pub(crate) fn tag(tag: &str) -> Pointer {
    Pointer::Tag(tag.to_owned())
}

pub(crate) fn manifest_path(reference: &str) -> String {
    format!("/v2/{NAME}/manifests/{reference}")
}

pub(crate) fn blob_path(digest: &Digest) -> String {
    format!("/v2/{NAME}/blobs/{digest}")
}

impl State {
    fn answer(&mut self, request: &Request, root: &str) -> Option<Behaviour> {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        if path == "/token" {
            return Some(self.give_token(request, query));
        }
        let rest = path.strip_prefix(&format!("/v2/{NAME}/"))?;
        if !self.lets_in(request) {
            return Some(reply(self.challenge(root)));
        }
        let (kind, key) = rest.split_once('/')?;
        match (&*request.method, kind) {
            ("GET" | "HEAD", "manifests") => Some(match self.manifests.get(key) {
                Some((media_type, bytes)) => reply(
                    Reply::new(200)
                        .header("Content-Type", media_type)
                        .header("Docker-Content-Digest", Digest::sha256(bytes).to_string())
                        .body(bytes.clone()),
                ),
                None => reply(error(404, "MANIFEST_UNKNOWN")),
            }),
            ("PUT", "manifests") => Some(self.put_manifest(request, key)),
            ("GET" | "HEAD", "blobs") => match self.blobs.get(key) {
                Some(bytes) if self.pushed.contains(key) => {
                    Some(Behaviour::Instead(Resource::new(bytes.clone())))
                }
                Some(_) => None,
                None => Some(reply(error(404, "BLOB_UNKNOWN"))),
            },
            ("POST", "blobs") => {
                let location = format!("/v2/{NAME}/blobs/uploads/7?state=t0ken-x");
                Some(reply(Reply::new(202).header("Location", location)))
            }
            ("PUT", "blobs") => {
                let digest = query.split_once("digest=").unwrap().1.replace("%3A", ":");
                let is_right = Digest::sha256(&request.body).as_str() == digest;
                if !is_right {
                    return Some(reply(error(400, "DIGEST_INVALID")));
                }
                self.pushed.insert(digest.clone());
                self.blobs.insert(digest, request.body.clone());
                Some(reply(Reply::new(201)))
            }
            ("GET", "referrers") if self.has_referrers => Some(self.referrers(key, query)),
            _ => Some(reply(error(404, "UNSUPPORTED"))),
        }
    }

    fn put_manifest(&mut self, request: &Request, key: &str) -> Behaviour {
        let media_type = request.header("content-type").unwrap_or_default().to_owned();
        let digest = Digest::sha256(&request.body);
        let document: Value = serde_json::from_slice(&request.body).unwrap();
        let subject = document["subject"]["digest"].as_str().map(str::to_owned);
        for key in [key, digest.as_str()] {
            self.manifests.insert(key.to_owned(), (media_type.clone(), request.body.clone()));
        }
        let answer = Reply::new(201);
        reply(match subject.filter(|_| self.has_referrers) {
            Some(subject) => answer.header("OCI-Subject", subject),
            None => answer,
        })
    }

    fn referrers(&self, subject: &str, query: &str) -> Behaviour {
        let start: usize =
            query.split('&').find_map(|pair| pair.strip_prefix("start=")?.parse().ok()).unwrap_or(0);
        let mut all: Vec<Value> = self
            .manifests
            .iter()
            .filter(|(key, _)| key.contains(':'))
            .filter_map(|(digest, (media_type, bytes))| {
                let document: Value = serde_json::from_slice(bytes).ok()?;
                (document["subject"]["digest"] == subject).then(|| {
                    json!({
                        "mediaType": media_type, "digest": digest, "size": bytes.len(),
                        "artifactType": document[if self.knows_artifacts { "artifactType" } else { "none" }],
                        "annotations": document["annotations"],
                    })
                })
            })
            .collect();
        all.sort_by_key(|descriptor| descriptor["digest"].to_string());
        let page: Vec<_> = all.iter().skip(start).take(self.page).collect();
        let end = start + page.len();
        // Nothing as `null`, as Go writes it.
        let manifests = if page.is_empty() { Value::Null } else { json!(page) };
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests});
        let answer = Reply::new(200).header("Content-Type", OCI_INDEX).body(index.to_string());
        reply(match end < all.len() {
            true => {
                answer.header("Link", format!("</v2/{NAME}/referrers/{subject}?start={end}>; rel=\"next\""))
            }
            false => answer,
        })
    }

    fn lets_in(&self, request: &Request) -> bool {
        let shown = request.header("authorization");
        match self.door {
            Door::Open => true,
            Door::Shut => false,
            Door::Basic(pair) => shown == Some(&basic(pair)),
            Door::Token | Door::TokenFor(_) | Door::IdentityTokenFor(_) => {
                shown == Some(&format!("Bearer {}", self.token))
            }
        }
    }

    fn challenge(&self, root: &str) -> Reply {
        let realm = self.realm.clone().unwrap_or(format!("{root}/token"));
        let challenge = match self.door {
            Door::Basic(_) => "Basic realm=\"a registry\"".to_owned(),
            _ => {
                format!("Bearer realm=\"{realm}\",service=\"the registry\",scope=\"repository:{NAME}:pull\"")
            }
        };
        error(401, "UNAUTHORIZED").header("WWW-Authenticate", challenge)
    }

    fn give_token(&self, request: &Request, query: &str) -> Behaviour {
        let body = String::from_utf8_lossy(&request.body);
        let is_right = match self.door {
            Door::Token | Door::Shut => true,
            Door::TokenFor(pair) => {
                request.method == "GET" && request.header("authorization") == Some(&basic(pair))
            }
            Door::IdentityTokenFor(token) => {
                request.method == "POST"
                    && body.contains("grant_type=refresh_token")
                    && body.contains(&format!("refresh_token={token}"))
                    && body.contains("service=the+registry")
                    && body.contains("scope=repository%3Ateam%2Fapp%3Apull")
            }
            Door::Open | Door::Basic(_) => false,
        };
        if request.method == "GET" {
            assert!(query.contains("service=the+registry"), "{query}");
            assert!(query.contains("scope=repository%3Ateam%2Fapp%3Apull"), "{query}");
        }
        match is_right {
            true => reply(Reply::new(200).body(json!({"token": self.token, "expires_in": 60}).to_string())),
            false => reply(error(401, "UNAUTHORIZED")),
        }
    }
}

pub(crate) fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

pub(crate) fn reply(reply: Reply) -> Behaviour {
    Behaviour::Reply(reply)
}

pub(crate) fn error(code: u16, name: &str) -> Reply {
    Reply::new(code)
        .header("Content-Type", "application/json")
        .body(json!({"errors": [{"code": name, "message": "hunter2 said the server"}]}).to_string())
}

/// A resource of this kind.
pub(crate) fn typed(content_type: &str, body: impl Into<Vec<u8>>) -> Resource {
    Resource { content_type: content_type.to_owned(), ..Resource::new(body) }
}

/// The address of a host that answers everything with this status line and headers, and then sends a thousand bytes,
/// one in 20 milliseconds, as long as somebody reads them. It is there until the tests end.
pub(crate) fn dripping_host(head: &'static str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || drip(stream, head));
        }
    });
    host
}

fn drip(mut stream: TcpStream, head: &str) -> std::io::Result<()> {
    let mut request = BufReader::new(stream.try_clone()?);
    // Of TLS it knows nothing.
    if !request.fill_buf()?.starts_with(b"GET ") {
        return Ok(());
    }
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        request.read_line(&mut line)?;
    }
    stream.write_all(format!("{head}\r\nContent-Length: 1000\r\n\r\n").as_bytes())?;
    for _ in 0..1000 {
        thread::sleep(Duration::from_millis(20));
        stream.write_all(b"x")?;
    }
    Ok(())
}
