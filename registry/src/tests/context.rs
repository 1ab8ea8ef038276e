//! Docker's contexts.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::shown;
use crate::context::daemon_of_context;
use crate::daemon::Daemon;
use crate::error::RegistryError;
use model::digest::Digest;

/// A directory of docker's with `config` and the context `work`.
fn docker_dir(config: &str, meta: &str) -> TempDir {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("config.json"), config).unwrap();
    let of_work = dir.path().join("contexts/meta").join(Digest::sha256(b"work").hex());
    fs::create_dir_all(&of_work).unwrap();
    fs::write(of_work.join("meta.json"), meta).unwrap();
    dir
}

const META: &str = r#"{"Name": "work", "Metadata": {}, "Endpoints": {"docker": {"Host": "unix:///run/work.sock", "SkipTLSVerify": false}}}"#;

#[test]
fn the_current_context_names_the_daemon() {
    let dir = docker_dir(r#"{"currentContext": "work", "auths": {}}"#, META);
    let work = Some(Daemon::Unix(PathBuf::from("/run/work.sock")));
    assert_eq!(daemon_of_context(dir.path(), None).unwrap(), work);
    assert_eq!(daemon_of_context(dir.path(), Some("work")).unwrap(), work);
    assert_eq!(daemon_of_context(dir.path(), Some("default")).unwrap(), None);
    for config in ["{}", r#"{"currentContext": "default"}"#, r#"{"currentContext": ""}"#] {
        assert_eq!(daemon_of_context(docker_dir(config, META).path(), None).unwrap(), None);
    }
    assert_eq!(daemon_of_context(&dir.path().join("none"), None).unwrap(), None);
}

#[test]
fn certificates_of_a_context_are_found() {
    let dir = docker_dir("{}", &META.replace("unix:///run/work.sock", "tcp://10.0.0.1:2376"));
    let tls = dir.path().join("contexts/tls").join(Digest::sha256(b"work").hex()).join("docker");
    fs::create_dir_all(&tls).unwrap();
    fs::write(tls.join("ca.pem"), "").unwrap();
    let Some(Daemon::Tcp { address, tls: Some(found) }) =
        daemon_of_context(dir.path(), Some("work")).unwrap()
    else {
        panic!("a daemon over TLS")
    };
    assert_eq!(
        (address, found.ca, found.certificate),
        ("10.0.0.1:2376".to_owned(), Some(tls.join("ca.pem")), None)
    );
}

#[test]
fn a_context_that_is_of_no_use_is_said() {
    let dir = docker_dir("{}", META);
    assert!(matches!(daemon_of_context(dir.path(), Some("none")).unwrap_err(), RegistryError::File { .. }));
    for (config, meta) in [
        ("hunter2", META),
        (r#"{"currentContext": "work"}"#, "hunter2"),
        (r#"{"currentContext": "work"}"#, "{}"),
    ] {
        let error = daemon_of_context(docker_dir(config, meta).path(), None).unwrap_err();
        assert!(shown(&error).contains(".json"), "{error}");
    }
    let ssh = META.replace("unix:///run/work.sock", "ssh://ann:hunter2@host");
    let error = daemon_of_context(docker_dir("{}", &ssh).path(), Some("work")).unwrap_err();
    assert!(shown(&error).contains("SSH is not spoken here"), "{error}");
}
