//! Vendors and products as which packages are known that are called otherwise.

/// A package's name, and the vendor and product that NVD has for it; sorted.
pub(super) const KNOWN: &[(&str, &str, &str)] = &[
    ("apache2", "apache", "http_server"),
    ("argo-cd", "linuxfoundation", "argo-cd"),
    ("bash", "gnu", "bash"),
    ("bind", "isc", "bind"),
    ("binutils", "gnu", "binutils"),
    ("brotli", "google", "brotli"),
    ("bzip2", "bzip", "bzip2"),
    ("cairo", "cairographics", "cairo"),
    ("cassandra", "apache", "cassandra"),
    ("consul", "hashicorp", "consul"),
    ("containerd", "linuxfoundation", "containerd"),
    ("coreutils", "gnu", "coreutils"),
    ("cpio", "gnu", "cpio"),
    ("cups", "apple", "cups"),
    ("cups", "openprinting", "cups"),
    ("curl", "haxx", "curl"),
    ("dbus", "freedesktop", "dbus"),
    ("dhcp", "isc", "dhcp"),
    ("dnsmasq", "thekelleys", "dnsmasq"),
    ("emacs", "gnu", "emacs"),
    ("envoy", "envoyproxy", "envoy"),
    ("erlang", "erlang", "erlang/otp"),
    ("expat", "libexpat_project", "libexpat"),
    ("freetype", "freetype", "freetype"),
    ("gcc", "gnu", "gcc"),
    ("gdk-pixbuf", "gnome", "gdk-pixbuf"),
    ("ghostscript", "artifex", "ghostscript"),
    ("git", "git-scm", "git"),
    ("glib", "gnome", "glib"),
    ("glib2.0", "gnome", "glib"),
    ("glibc", "gnu", "glibc"),
    ("gnutls", "gnu", "gnutls"),
    ("go", "golang", "go"),
    ("golang", "golang", "go"),
    ("grep", "gnu", "grep"),
    ("groff", "gnu", "groff"),
    ("grub", "gnu", "grub2"),
    ("grub2", "gnu", "grub2"),
    ("gzip", "gnu", "gzip"),
    ("haproxy", "haproxy", "haproxy"),
    ("hostapd", "w1.fi", "hostapd"),
    ("icu", "icu-project", "international_components_for_unicode"),
    ("jq", "jqlang", "jq"),
    ("kafka", "apache", "kafka"),
    ("kea", "isc", "kea"),
    ("krb5", "mit", "kerberos"),
    ("krb5", "mit", "kerberos_5"),
    ("less", "gnu", "less"),
    ("less", "greenwoodsoftware", "less"),
    ("libarchive", "libarchive", "libarchive"),
    ("libgcrypt", "gnupg", "libgcrypt"),
    ("libgcrypt20", "gnupg", "libgcrypt"),
    ("libidn2", "gnu", "libidn2"),
    ("libpcap", "tcpdump", "libpcap"),
    ("libtasn1", "gnu", "libtasn1"),
    ("libvpx", "webmproject", "libvpx"),
    ("libwebp", "webmproject", "libwebp"),
    ("libxml2", "xmlsoft", "libxml2"),
    ("libxslt", "xmlsoft", "libxslt"),
    ("lua", "lua", "lua"),
    ("mailman", "gnu", "mailman"),
    ("mariadb", "mariadb", "mariadb"),
    ("maven", "apache", "maven"),
    ("memcached", "memcached", "memcached"),
    ("mosquitto", "eclipse", "mosquitto"),
    ("musl", "musl-libc", "musl"),
    ("nats-server", "linuxfoundation", "nats-server"),
    ("ncurses", "gnu", "ncurses"),
    ("nginx", "f5", "nginx"),
    ("nodejs", "nodejs", "node.js"),
    ("nsd", "nlnetlabs", "name_server_daemon"),
    ("nss", "mozilla", "network_security_services"),
    ("openjdk", "oracle", "openjdk"),
    ("openjpeg", "uclouvain", "openjpeg"),
    ("openssh", "openbsd", "openssh"),
    ("openssl", "openssl", "openssl"),
    ("patch", "gnu", "patch"),
    ("pcre2", "pcre", "pcre2"),
    ("perl", "perl", "perl"),
    ("php", "php", "php"),
    ("poppler", "freedesktop", "poppler"),
    ("postgresql", "postgresql", "postgresql"),
    ("protobuf", "google", "protobuf"),
    ("python", "python", "python"),
    ("python3", "python", "python"),
    ("rsync", "samba", "rsync"),
    ("ruby", "ruby-lang", "ruby"),
    ("runc", "linuxfoundation", "runc"),
    ("rust", "rust-lang", "rust"),
    ("samba", "samba", "samba"),
    ("screen", "gnu", "screen"),
    ("sed", "gnu", "sed"),
    ("solr", "apache", "solr"),
    ("sqlite", "sqlite", "sqlite"),
    ("squid", "squid-cache", "squid"),
    ("subversion", "apache", "subversion"),
    ("sudo", "sudo_project", "sudo"),
    ("tar", "gnu", "tar"),
    ("terraform", "hashicorp", "terraform"),
    ("tiff", "libtiff", "libtiff"),
    ("tomcat", "apache", "tomcat"),
    ("unbound", "nlnetlabs", "unbound"),
    ("unzip", "info-zip", "unzip"),
    ("util-linux", "kernel", "util-linux"),
    ("valkey", "linuxfoundation", "valkey"),
    ("vault", "hashicorp", "vault"),
    ("vim", "vim", "vim"),
    ("wget", "gnu", "wget"),
    ("wpa_supplicant", "w1.fi", "wpa_supplicant"),
    ("xz", "tukaani", "xz"),
    ("zlib", "zlib", "zlib"),
    ("zookeeper", "apache", "zookeeper"),
    ("zstd", "facebook", "zstandard"),
];

/// Groups of Maven whose artifacts all are parts of one product and have its version, with artifacts that are not; sorted.
pub(super) const MAVEN: &[(&str, &[&str], &str, &str)] = &[
    ("org.apache.tomcat", &["jakartaee-migration"], "apache", "tomcat"),
    ("org.apache.tomcat.embed", &[], "apache", "tomcat"),
    ("org.springframework", OTHER_SPRING, "pivotal_software", "spring_framework"),
    ("org.springframework", OTHER_SPRING, "vmware", "spring_framework"),
    ("org.springframework.boot", &[], "pivotal_software", "spring_boot"),
    ("org.springframework.boot", &[], "vmware", "spring_boot"),
    ("org.springframework.security", OTHER_SECURITY, "pivotal_software", "spring_security"),
    ("org.springframework.security", OTHER_SECURITY, "vmware", "spring_security"),
];

const OTHER_SPRING: &[&str] = &["spring-binding", "spring-js", "spring-webflow", "springloaded"];
const OTHER_SECURITY: &[&str] = &["spring-security-jwt", "spring-security-rsa"];

/// The vendors and products that an artifact of Maven is part of; `group` and `artifact` in lower case. What ends in `-api`
/// has no code of theirs.
pub(super) fn of_maven(group: &str, artifact: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_part = move |others: &[&str]| !others.contains(&artifact) && !artifact.ends_with("-api");
    MAVEN
        .iter()
        .filter(move |(known, others, ..)| *known == group && is_part(others))
        .map(|(_, _, vendor, product)| (*vendor, *product))
}

/// The vendors and products as which the package `name` is known.
pub(super) fn products(name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let name = known_name(name);
    KNOWN.iter().filter(move |(known, ..)| *known == name).map(|(_, vendor, product)| (*vendor, *product))
}

/// The packages that are known as the software `vendor:product`.
pub(crate) fn packages(software: &str) -> impl Iterator<Item = &str> {
    let is_meant = move |vendor: &str, product: &str| software.split_once(':') == Some((vendor, product));
    KNOWN.iter().filter(move |(_, vendor, product)| is_meant(vendor, product)).map(|(name, ..)| *name)
}

/// The name by which [`KNOWN`] has the package `name`. Distributions write the line of a software into its name
/// (`postgresql16`, `nodejs-20`): where the whole name is not there, it is the one without.
pub(crate) fn known_name(name: &str) -> &str {
    let is_known = |name: &str| KNOWN.iter().any(|(known, ..)| *known == name);
    let line = name.trim_end_matches(|end: char| end.is_ascii_digit() || end == '.').trim_end_matches('-');
    if !is_known(name) && is_known(line) { line } else { name }
}
