//! Daemons: where they listen, and what they give.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fetch::client::{ClientOptions, Proxy};
use tempfile::TempDir;
use testkit::server::{Behaviour, Server};

use super::shown;
use crate::daemon::{Daemon, DaemonTls, docker_sockets, podman_sockets};
use crate::error::RegistryError;

fn http() -> ClientOptions {
    ClientOptions {
        proxy: Proxy::Never,
        read_timeout: Duration::from_millis(500),
        ..ClientOptions::default()
    }
}

fn daemon(server: &Server) -> Daemon {
    Daemon::parse(&server.url("").replace("http://", "tcp://"), None).unwrap()
}

#[test]
fn addresses_read_as_docker_writes_them() {
    let no_tls = |address: &str| Daemon::Tcp { address: address.to_owned(), tls: None };
    for (text, expected) in [
        ("unix:///var/run/docker.sock", Daemon::Unix(PathBuf::from("/var/run/docker.sock"))),
        ("tcp://127.0.0.1:2375", no_tls("127.0.0.1:2375")),
        ("tcp://host", no_tls("host:2375")),
        ("tcp://[::1]:77/", no_tls("[::1]:77")),
        ("tcp://[::1]", no_tls("[::1]:2375")),
        ("http://host:1", no_tls("host:1")),
    ] {
        assert_eq!(Daemon::parse(text, None).unwrap(), expected, "{text}");
    }
    let tls = DaemonTls::of_dir(Path::new("/none"));
    assert_eq!(Daemon::parse("tcp://host", Some(tls)).unwrap().to_string(), "tcp://host:2376");
    assert_eq!(Daemon::parse("https://host", None).unwrap().to_string(), "tcp://host:2376");
    for (text, part) in [
        ("ssh://ann:hunter2@host", "forward the socket"),
        ("npipe:////./pipe/docker_engine", "named pipes are not supported"),
        ("unix://docker.sock", "starts with `/`"),
        ("/var/run/docker.sock", "starts with none of"),
        ("fd://", "scheme is none of"),
        ("tcp://", "not a host"),
        ("tcp://ann:hunter2@host:1", "not a host"),
        ("tcp://host/path", "not a host"),
        ("", "starts with none of"),
    ] {
        let error = Daemon::parse(text, None).unwrap_err();
        assert!(shown(&error).contains(part), "{text}: {error}");
    }
}

#[test]
fn no_address_makes_the_reader_panic() {
    let text = b"tcp://[2001:db8::1]:2376/";
    let prefixes = testkit::mutate::prefixes(text).map(<[u8]>::to_vec);
    for bytes in prefixes.chain(testkit::mutate::mutations(text, 2000)) {
        let _ = Daemon::parse(&String::from_utf8_lossy(&bytes), None);
    }
}

#[test]
fn sockets_are_looked_for_where_daemons_make_them() {
    let (home, run) = (Path::new("/users/ann"), Path::new("/run/user/7"));
    let shown = |sockets: Vec<PathBuf>| {
        sockets.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        shown(docker_sockets(Some(home), Some(run))),
        "/var/run/docker.sock /run/user/7/docker.sock /users/ann/.docker/run/docker.sock /users/ann/.docker/desktop/docker.sock"
    );
    assert_eq!(shown(docker_sockets(None, None)), "/var/run/docker.sock");
    assert_eq!(shown(podman_sockets(Some(run))), "/run/user/7/podman/podman.sock /run/podman/podman.sock");
}

#[test]
fn an_image_is_exported() {
    let server = Server::new();
    let name = "localhost:5000/a/b:1";
    server.serve("/images/localhost%3A5000%2Fa%2Fb%3A1/get", "archive");
    let daemon = daemon(&server);
    let mut bytes = Vec::new();
    daemon.export(name, 7, &http()).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"archive");
    let error = daemon.export(name, 6, &http()).unwrap().read_to_end(&mut bytes).unwrap_err();
    assert!(matches!(RegistryError::of_io(error).unwrap(), RegistryError::TooLarge { bytes_max: 6, .. }));
}

#[test]
fn what_a_daemon_lacks_or_refuses_is_said() {
    let server = Server::new();
    let daemon = daemon(&server);
    for name in ["none", "", ".", ".."] {
        let error = daemon.export(name, 10, &http()).unwrap_err();
        assert!(matches!(error, RegistryError::NoSuchImage { .. }), "{}", shown(&error));
    }
    server.always("/images/a/get", Behaviour::Status { code: 500, retry_after: None });
    let error = daemon.export("a", 10, &http()).unwrap_err();
    assert!(matches!(error, RegistryError::Status { status: 500, .. }), "{}", shown(&error));
    server.serve("/images/c/get", "0123456789").always("/images/c/get", Behaviour::Stall { after: 3 });
    let error =
        std::io::copy(&mut daemon.export("c", 99, &http()).unwrap(), &mut std::io::sink()).unwrap_err();
    assert!(matches!(RegistryError::of_io(error).unwrap(), RegistryError::TimedOut { .. }));
    server.always("/images/c/get", Behaviour::Cut { after: 3 });
    let error =
        std::io::copy(&mut daemon.export("c", 99, &http()).unwrap(), &mut std::io::sink()).unwrap_err();
    assert!(matches!(RegistryError::of_io(error).unwrap(), RegistryError::Transport { .. }));
}

#[test]
fn a_socket_is_asked_as_a_host_is() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("docker.sock");
    let daemon = Daemon::Unix(path.clone());
    let error = daemon.export("a", 99, &http()).unwrap_err();
    assert!(matches!(error, RegistryError::Transport { .. }), "{error:?}");
    assert!(shown(&error).contains("docker.sock"), "{error}");

    let listener = UnixListener::bind(&path).unwrap();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = vec![0; 4096];
        let n_read = stream.read(&mut head).unwrap();
        stream
            .write_all(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            )
            .unwrap();
        String::from_utf8_lossy(&head[..n_read]).into_owned()
    });
    let mut bytes = Vec::new();
    daemon.export("a", 99, &http()).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"abcde");
    assert!(served.join().unwrap().starts_with("GET /images/a/get HTTP/1.1\r\n"));
}
