//! Dockerfiles beside the history that each builder writes of them.

use model::inventory::SubjectLayer;

use super::*;
use crate::image::redact::{cut, history_line};

/// An image with this history. A line that begins with `-` made no layer.
fn image(history: &[&str]) -> Subject {
    let mut subject = Subject::default();
    for line in history {
        let (line, made) = match line.strip_prefix('-') {
            Some(line) => (line, Made::Nothing),
            None => {
                let position = subject.layers.len() as u32;
                subject.layers.push(SubjectLayer::new(format!("sha256:{position}")));
                (*line, Made::Layer(position))
            }
        };
        let created_by = cut(history_line(line), 4 << 10);
        subject.image.history.push(HistoryEntry { created_by, made, ..HistoryEntry::default() });
    }
    subject
}

/// The line of each layer, 0 where it is not told, and the gap.
fn told(text: &str, target: Option<&str>, history: &[&str]) -> (Vec<u32>, String) {
    let mut subject = image(history);
    let gap = attribute(&Dockerfile { name: "Dockerfile", text, target }, &mut subject);
    let line = |layer: &SubjectLayer| layer.dockerfile.as_ref().map_or(0, |place| place.line);
    (subject.layers.iter().map(line).collect(), gap.map_or(String::new(), |gap| gap.detail))
}

#[track_caller]
fn check(text: &str, history: &[&str], lines: &[u32]) {
    assert_eq!(told(text, None, history), (lines.to_vec(), String::new()));
}

const APP: &str = r#"# syntax=docker/dockerfile:1
FROM debian:12
ARG TOKEN=default
ENV PATH=/srv/bin:$PATH
RUN apt-get update \
    # what is needed
    && apt-get install -y curl

WORKDIR /srv
COPY --chown=1:1 app.js package.json ./
RUN ["npm", "ci"]
ADD https://user:pass@host.test/x.tar.gz /opt/
COPY . /srv/${DIR}
USER app
CMD ["node", "app.js"]
"#;

#[test]
fn buildkit() {
    check(
        APP,
        &[
            "/bin/sh -c #(nop) ADD file:abc in / ",
            "-/bin/sh -c #(nop)  CMD [\"bash\"]",
            "-ARG TOKEN=default",
            "-ENV PATH=/srv/bin:/usr/bin",
            "RUN |1 TOKEN=s3 cret /bin/sh -c apt-get update     && apt-get install -y curl # buildkit",
            "WORKDIR /srv",
            "COPY --chown=1:1 app.js package.json ./ # buildkit",
            "RUN npm ci # buildkit",
            "ADD https://user:pass@host.test/x.tar.gz /opt/ # buildkit",
            "COPY . /srv/x # buildkit",
            "-USER app",
            "-CMD [\"node\" \"app.js\"]",
        ],
        &[0, 5, 9, 10, 11, 12, 13],
    );
}

#[test]
fn the_classic_builder_and_buildah() {
    check(
        APP,
        &[
            "/bin/sh -c #(nop) ADD file:abc in / ",
            "-/bin/sh -c #(nop)  ARG TOKEN=default",
            "-/bin/sh -c #(nop)  ENV PATH=/srv/bin:/usr/bin",
            "|1 TOKEN=x /bin/sh -c apt-get update     && apt-get install -y curl",
            "-/bin/sh -c #(nop) WORKDIR /srv",
            // No space after the owner: moby, `performCopy`.
            "/bin/sh -c #(nop) COPY --chown=1:1multi:abc in /srv/ ",
            "npm ci",
            "/bin/sh -c #(nop) ADD dir:abc in /opt/ ",
            "/bin/sh -c #(nop) COPY dir:abc in /srv/x ",
            "-/bin/sh -c #(nop)  USER app",
            "-/bin/sh -c #(nop)  CMD [\"node\" \"app.js\"]",
        ],
        &[0, 5, 10, 11, 12, 13],
    );
}

#[test]
fn kaniko() {
    check(
        APP,
        &[
            "ADD rootfs.tar /",
            "RUN apt-get update     && apt-get install -y curl",
            "COPY --chown=1:1 app.js package.json ./",
            "RUN [\"npm\", \"ci\"]",
            "ADD https://user:pass@host.test/x.tar.gz /opt/",
            "COPY . /srv/${DIR}",
        ],
        &[0, 5, 10, 11, 12, 13],
    );
}

#[test]
fn shells_other_than_sh() {
    let text = "FROM a\nSHELL [\"/bin/bash\", \"-euo\", \"pipefail\", \"-c\"]\nrun  a  |  b\nRUN c";
    check(
        text,
        &["RUN /bin/bash -euo pipefail -c a  |  b # buildkit", "RUN /bin/bash -o pipefail -ec c # buildkit"],
        &[3, 4],
    );
    check("FROM a\nRUN dir", &["cmd /S /C #(nop) COPY file:x in C:/", "cmd /S /C dir"], &[0, 2]);
    check("FROM a\nRUN dir", &["powershell -NoProfile -Command dir"], &[2]);
}

#[test]
fn documents_inside_the_file() {
    let text = "\
FROM a
RUN <<EOF
set -e
\tapt-get update
EOF
RUN --mount=type=cache,target=/x <<-\"A\" cat - <<B > /etc/x
\tone
\tA
two
B
RUN <<EOF
#!/usr/bin/env python3
print(1)
EOF
COPY <<a <<'b' /etc/
RUN no instruction
a
FROM none
b
RUN after <<<EOF
";
    check(
        text,
        &[
            "RUN /bin/sh -c set -e\n\tapt-get update\n # buildkit",
            "RUN /bin/sh -c <<-\"A\" cat - <<B > /etc/x\none\nA\ntwo\nB # buildkit",
            "RUN /bin/sh -c /dev/pipes/EOF # buildkit",
            "COPY <<a <<b /etc/ # buildkit",
            "RUN /bin/sh -c after <<<EOF # buildkit",
        ],
        &[2, 6, 11, 15, 20],
    );
}

#[test]
fn stages() {
    let text = "\
ARG BASE=debian
FROM --platform=$BUILDPLATFORM ${BASE} AS common
RUN one
FROM golang as build
RUN two
FROM Common AS app
ONBUILD RUN three
COPY --from=build /x /x
FROM scratch
COPY --from=app / /
";
    let base = "ADD rootfs.tar /";
    let one = "RUN /bin/sh -c one # buildkit";
    let two = "RUN /bin/sh -c two # buildkit";
    let copy = "COPY /x /x # buildkit";
    check(text, &["COPY / / # buildkit"], &[10]);
    let app = (vec![0, 3, 8], String::new());
    assert_eq!(told(text, Some("APP"), &[base, one, "-ONBUILD RUN three", copy]), app);
    assert_eq!(told(text, Some("2"), &[base, one, copy]), app);
    assert_eq!(told(text, Some("build"), &[base, two]), (vec![0, 5], String::new()));
    let absent = "it has no stage `gone`; which line made a layer cannot be told".to_owned();
    assert_eq!(told(text, Some("gone"), &[base, one]), (vec![0, 0], absent));
}

#[test]
fn lines_are_joined_by_the_escape_that_the_top_names() {
    check("# escape=`\nFROM a\nRUN x `\n  y\\\nRUN z", &["RUN x   y\\", "RUN z"], &[3, 5]);
    check(
        "\u{feff}# a remark\n# escape=`\nFROM a\r\nRUN x \\ \r\n\r\n  y\r\nRUN z\\\\",
        &["RUN x y", "RUN z\\\\"],
        &[4, 7],
    );
}

#[test]
fn what_does_not_fit_is_not_told() {
    let silent = "it does not describe this image; which line made a layer cannot be told";
    for (text, history) in [
        ("FROM a\nRUN x", &["RUN y"][..]),
        ("FROM a\nRUN x", &["RUN /bin/sh -c y && x"]),
        ("FROM a\nRUN x", &["RUN /bin/sh -c y -c x"]),
        ("FROM a\nCOPY a /x", &["COPY a /y # buildkit"]),
        ("FROM a\nCOPY a /x", &["ADD a /x # buildkit"]),
        ("FROM a\nCOPY a x", &["/bin/sh -c #(nop) COPY file:a in /srv/xx "]),
        ("FROM a\nRUN x\nCOPY . .", &["bazel build ...", "COPY . . # buildkit"]),
        ("FROM a\nRUN x", &["RUN x", "WORKDIR /y"]),
        ("FROM a\nRUN a\nCOPY . /", &["COPY . /"]),
        ("FROM a\nRUN x", &["buildpacks"]),
    ] {
        assert_eq!(
            told(text, None, history),
            (vec![0; history.len()], silent.to_owned()),
            "{text} {history:?}"
        );
    }
    let (lines, gap) = told("FROM a\nRUN x\nRUN y\nCOPY . /", None, &["RUN w", "RUN y", "COPY . /"]);
    assert_eq!(lines, [0, 3, 4]);
    assert!(gap.starts_with("it describes only the last 2 of the 3 steps"), "{gap}");
    assert!(told("RUN x", None, &["RUN x"]).1.starts_with("it has no FROM"));
    assert!(told("FROM a\nRUN x", None, &["-ENV A=b"]).1.starts_with("the image has no history"));
    let large = " ".repeat(BYTES_MAX + 1);
    assert!(told(&large, None, &["RUN x"]).1.starts_with("it has more than 1048576 bytes"));
}

#[test]
fn what_was_hidden_or_cut_is_passed_over_or_compared_as_far_as_it_goes() {
    // The exec form leaves no shell by which to tell where a build argument ends.
    check("FROM a\nRUN x\nRUN [\"b\"]", &["RUN x", "RUN |1 A=b b # buildkit"], &[2, 0]);
    let long = "y ".repeat(4_000);
    let history = format!("RUN /bin/sh -c {long}# buildkit");
    check(&format!("FROM a\nRUN {long}"), &[&history], &[2]);
    let (lines, _) = told(&format!("FROM a\nRUN x{long}"), None, &[&history]);
    assert_eq!(lines, [0]);
}

#[test]
fn a_second_dockerfile_replaces_the_first() {
    let mut subject = image(&["RUN x"]);
    let dockerfile = |text| Dockerfile { name: "a:b", text, target: None };
    assert_eq!(attribute(&dockerfile("FROM a\nRUN x"), &mut subject), None);
    assert_eq!(subject.layers[0].dockerfile, Some(DockerfileLine { file: "a:b".to_owned(), line: 2 }));
    let gap = attribute(&dockerfile("FROM a\nRUN y"), &mut subject).unwrap();
    assert_eq!((gap.place.as_str(), subject.layers[0].dockerfile.as_ref()), ("a:b", None));
}

#[test]
fn no_dockerfile_panics() {
    let history = ["RUN |1 A=b /bin/sh -c x", "COPY <<a /x # buildkit", "/bin/sh -c #(nop) ADD dir:a in /x "];
    let text = format!("{APP}RUN <<-\"A\" <<B\nx\nA\ny\nB\nFROM é as b\nCOPY [\"a\", \"é\"]\n");
    let prefixes = testkit::mutate::prefixes(text.as_bytes()).map(<[u8]>::to_vec);
    for damaged in prefixes.chain(testkit::mutate::mutations(text.as_bytes(), 2_000)) {
        told(&String::from_utf8_lossy(&damaged), None, &history);
    }
    for line in history {
        for damaged in testkit::mutate::mutations(line.as_bytes(), 500) {
            told(APP, None, &[&String::from_utf8_lossy(&damaged)]);
        }
    }
}
