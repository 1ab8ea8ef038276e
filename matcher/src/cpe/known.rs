//! Vendors and products as which packages are known that are called otherwise.

/// A package's name, and a vendor and product under which its vulnerabilities are found: NVD's, also those that it used before
/// or uses for newer ones, and the CVE list's, where the assigner calls it otherwise (`nodejs:node`, `isc:bind_9`); sorted.
///
/// Which of them occur in real data is held by a test; those that do not are `UNSEEN` there.
pub(super) const KNOWN: &[(&str, &str, &str)] = &[
    ("airflow", "apache", "airflow"),
    ("apache-nifi", "apache", "nifi"),
    ("apache2", "apache", "http_server"),
    ("apache2", "apache_software_foundation", "apache_http_server"),
    ("apr", "apache", "portable_runtime"),
    ("apr-util", "apache", "apr-util"),
    ("argo-cd", "argoproj", "argo-cd"),
    ("argo-cd", "argoproj", "argo_cd"),
    ("argo-cd", "linuxfoundation", "argo-cd"),
    ("argo-cd", "linuxfoundation", "argo_continuous_delivery"),
    ("asterisk", "digium", "asterisk"),
    ("asterisk", "sangoma", "asterisk"),
    ("bash", "gnu", "bash"),
    ("bind", "isc", "bind"),
    ("bind", "isc", "bind_9"),
    ("binutils", "gnu", "binutils"),
    ("brotli", "google", "brotli"),
    ("bzip2", "bzip", "bzip2"),
    ("caddy", "caddyserver", "caddy"),
    ("cairo", "cairographics", "cairo"),
    ("cassandra", "apache", "cassandra"),
    ("cassandra", "apache_software_foundation", "apache_cassandra"),
    ("chromium", "google", "chrome"),
    ("clamav", "cisco", "clamav"),
    ("composer", "getcomposer", "composer"),
    ("consul", "hashicorp", "consul"),
    ("containerd", "linuxfoundation", "containerd"),
    ("coreutils", "gnu", "coreutils"),
    ("cpio", "gnu", "cpio"),
    ("cri-o", "kubernetes", "cri-o"),
    ("cups", "apple", "cups"),
    ("cups", "openprinting", "cups"),
    ("curl", "curl", "curl"),
    ("curl", "haxx", "curl"),
    ("cyrus-sasl", "cyrusimap", "cyrus-sasl"),
    ("dbus", "freedesktop", "dbus"),
    ("dhcp", "isc", "dhcp"),
    ("dnsmasq", "thekelleys", "dnsmasq"),
    ("docker", "docker", "docker"),
    ("docker", "moby", "moby"),
    ("docker", "mobyproject", "moby"),
    ("druid", "apache", "druid"),
    ("elasticsearch", "elastic", "elasticsearch"),
    ("emacs", "gnu", "emacs"),
    ("envoy", "envoyproxy", "envoy"),
    ("erlang", "erlang", "erlang/otp"),
    ("erlang", "erlang", "otp"),
    ("etcd", "etcd-io", "etcd"),
    ("evince", "gnome", "evince"),
    ("expat", "libexpat_project", "libexpat"),
    ("filebeat", "elastic", "filebeat"),
    ("firefox", "mozilla", "firefox"),
    ("firefox-esr", "mozilla", "firefox"),
    ("firefox-esr", "mozilla", "firefox_esr"),
    ("fluent-bit", "treasuredata", "fluent_bit"),
    ("flux", "fluxcd", "flux2"),
    ("freetype", "freetype", "freetype"),
    ("gcc", "gnu", "gcc"),
    ("gdk-pixbuf", "gnome", "gdk-pixbuf"),
    ("gh", "github", "cli"),
    ("ghostscript", "artifex", "ghostscript"),
    ("git", "git-scm", "git"),
    ("git-lfs", "git_large_file_storage_project", "git_large_file_storage"),
    ("glib", "gnome", "glib"),
    ("glib2.0", "gnome", "glib"),
    ("glibc", "gnu", "glibc"),
    ("glibc", "the_gnu_c_library", "glibc"),
    ("gmp", "gmplib", "gmp"),
    ("gnutls", "gnu", "gnutls"),
    ("go", "golang", "go"),
    ("golang", "golang", "go"),
    ("grep", "gnu", "grep"),
    ("groff", "gnu", "groff"),
    ("grub", "gnu", "grub2"),
    ("grub2", "gnu", "grub2"),
    ("gst-plugins-bad", "gstreamer", "gst-plugins-bad"),
    ("gzip", "gnu", "gzip"),
    ("haproxy", "haproxy", "haproxy"),
    ("harbor", "linuxfoundation", "harbor"),
    ("hostapd", "w1.fi", "hostapd"),
    ("httpd", "apache", "http_server"),
    ("httpd", "apache_software_foundation", "apache_http_server"),
    ("icu", "icu-project", "international_components_for_unicode"),
    ("icu", "unicode", "international_components_for_unicode"),
    ("ingress-nginx-controller", "kubernetes", "ingress-nginx"),
    ("jq", "jqlang", "jq"),
    ("kafka", "apache", "kafka"),
    ("kafka", "apache_software_foundation", "apache_kafka"),
    ("kea", "isc", "kea"),
    ("kibana", "elastic", "kibana"),
    ("krb5", "mit", "kerberos_5"),
    ("less", "gnu", "less"),
    ("less", "greenwoodsoftware", "less"),
    ("libarchive", "libarchive", "libarchive"),
    ("libgcrypt", "gnupg", "libgcrypt"),
    ("libgcrypt20", "gnupg", "libgcrypt"),
    ("libheif", "struktur", "libheif"),
    ("libice", "x.org", "libice"),
    ("libidn2", "gnu", "libidn2"),
    ("libksba", "gnupg", "libksba"),
    ("libpcap", "tcpdump", "libpcap"),
    ("libressl", "openbsd", "libressl"),
    ("librsvg", "gnome", "librsvg"),
    ("libsoup", "gnome", "libsoup"),
    ("libtasn1", "gnu", "libtasn1"),
    ("libvirt", "redhat", "libvirt"),
    ("libvorbis", "xiph.org", "libvorbis"),
    ("libvpx", "webmproject", "libvpx"),
    ("libwebp", "webmproject", "libwebp"),
    ("libx11", "x.org", "libx11"),
    ("libxcursor", "x.org", "libxcursor"),
    ("libxdmcp", "x.org", "libxdmcp"),
    ("libxext", "x.org", "libxext"),
    ("libxfixes", "x.org", "libxfixes"),
    ("libxfont", "x.org", "libxfont"),
    ("libxfont2", "x.org", "libxfont"),
    ("libxfont2", "x.org", "libxfont2"),
    ("libxi", "x.org", "libxi"),
    ("libxml2", "xmlsoft", "libxml2"),
    ("libxpm", "x.org", "libxpm"),
    ("libxrandr", "x.org", "libxrandr"),
    ("libxrender", "x.org", "libxrender"),
    ("libxslt", "xmlsoft", "libxslt"),
    ("libxtst", "x.org", "libxtst"),
    ("libxv", "x.org", "libxv"),
    ("libxvmc", "x.org", "libxvmc"),
    ("libyaml", "pyyaml", "libyaml"),
    ("lua", "lua", "lua"),
    ("mailman", "gnu", "mailman"),
    ("mariadb", "mariadb", "mariadb"),
    ("maven", "apache", "maven"),
    ("mbedtls", "arm", "mbed_tls"),
    ("memcached", "memcached", "memcached"),
    ("moby", "docker", "docker"),
    ("moby", "mobyproject", "moby"),
    ("mosquitto", "eclipse", "mosquitto"),
    ("musl", "musl-libc", "musl"),
    ("mysql", "oracle", "mysql"),
    ("mysql", "oracle", "mysql_server"),
    ("mysql", "oracle_corporation", "mysql_server"),
    ("nats-server", "linuxfoundation", "nats-server"),
    ("nats-server", "nats-io", "nats-server"),
    ("ncurses", "gnu", "ncurses"),
    ("nginx", "f5", "nginx"),
    ("nginx", "f5", "nginx_open_source"),
    ("nodejs", "nodejs", "node"),
    ("nodejs", "nodejs", "node.js"),
    ("nsd", "nlnet_labs", "nsd"),
    ("nsd", "nlnetlabs", "name_server_daemon"),
    ("nss", "mozilla", "network_security_services"),
    ("nss", "mozilla", "nss"),
    ("openbao", "linuxfoundation", "openbao"),
    ("openjdk", "oracle", "openjdk"),
    ("openjpeg", "uclouvain", "openjpeg"),
    ("openssh", "openbsd", "openssh"),
    ("openssl", "openssl", "openssl"),
    ("opentelemetry-collector", "opentelemetry", "opentelemetry_collector"),
    ("pango", "gnome", "pango"),
    ("patch", "gnu", "patch"),
    ("pcre2", "pcre", "pcre2"),
    ("pdns-recursor", "powerdns", "recursor"),
    ("perl", "perl", "perl"),
    ("php", "php", "php"),
    ("php", "php_group", "php"),
    ("poppler", "freedesktop", "poppler"),
    ("postgresql", "postgresql", "postgresql"),
    ("prometheus-alertmanager", "prometheus", "alertmanager"),
    ("protobuf", "google", "protobuf"),
    ("protobuf", "google", "protobuf-cpp"),
    ("python", "python", "python"),
    ("python", "python_software_foundation", "cpython"),
    ("python3", "python", "python"),
    ("python3", "python_software_foundation", "cpython"),
    ("rabbitmq-server", "rabbitmq", "rabbitmq-server"),
    ("rabbitmq-server", "vmware", "rabbitmq"),
    ("redis", "redis", "redis"),
    ("redis", "redislabs", "redis"),
    ("roundcubemail", "roundcube", "roundcube"),
    ("roundcubemail", "roundcube", "webmail"),
    ("rsync", "samba", "rsync"),
    ("ruby", "ruby-lang", "ruby"),
    ("runc", "linuxfoundation", "runc"),
    ("runc", "opencontainers", "runc"),
    ("rust", "rust-lang", "rust"),
    ("samba", "samba", "samba"),
    ("screen", "gnu", "screen"),
    ("sed", "gnu", "sed"),
    ("solr", "apache", "solr"),
    ("solr", "apache_software_foundation", "apache_solr"),
    ("spark", "apache", "spark"),
    ("sqlite", "sqlite", "sqlite"),
    ("squid", "squid-cache", "squid"),
    ("subversion", "apache", "subversion"),
    ("subversion", "apache_software_foundation", "apache_subversion"),
    ("sudo", "sudo_project", "sudo"),
    ("superset", "apache", "superset"),
    ("tar", "gnu", "tar"),
    ("terraform", "hashicorp", "terraform"),
    ("thunderbird", "mozilla", "thunderbird"),
    ("tiff", "libtiff", "libtiff"),
    ("tomcat", "apache", "tomcat"),
    ("tomcat", "apache_software_foundation", "apache_tomcat"),
    ("trafficserver", "apache", "traffic_server"),
    ("unbound", "nlnet_labs", "unbound"),
    ("unbound", "nlnetlabs", "unbound"),
    ("unzip", "info-zip", "unzip"),
    ("util-linux", "kernel", "util-linux"),
    ("valkey", "lfprojects", "valkey"),
    ("valkey", "linuxfoundation", "valkey"),
    ("valkey", "valkey-io", "valkey"),
    ("varnish", "varnish_cache_project", "varnish_cache"),
    ("vault", "hashicorp", "vault"),
    ("vim", "vim", "vim"),
    ("vitess", "linuxfoundation", "vitess"),
    ("vlc", "videolan", "vlc_media_player"),
    ("webkit2gtk", "webkitgtk", "webkitgtk"),
    ("wget", "gnu", "wget"),
    ("wpa_supplicant", "w1.fi", "wpa_supplicant"),
    ("xorg-server", "x.org", "x_server"),
    ("xorg-server", "x.org", "xorg-server"),
    ("xwayland", "x.org", "xwayland"),
    ("xz", "tukaani", "xz"),
    ("yaml", "pyyaml", "libyaml"),
    ("zlib", "zlib", "zlib"),
    ("zookeeper", "apache", "zookeeper"),
    ("zookeeper", "apache_software_foundation", "apache_zookeeper"),
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

/// Packages that are the software of another name: what a distribution calls a line of it, or a build.
const OTHERWISE: &[(&str, &str)] = &[
    ("curl-rustls", "curl"),
    ("go-fips", "go"),
    ("imagemagick6", "imagemagick"),
    ("nginx-mainline", "nginx"),
    ("nginx-stable", "nginx"),
    ("nodejs-current", "nodejs"),
];

/// Software that has more than one name, and the others under which what states the first is looked up too: those of the CVE
/// list; NVD's newer ones; and for builds of OpenJDK that of OpenJDK, since NVD says nothing of them under their builders' names.
const BESIDES: &[(&str, (&str, &str))] = &[
    ("amazon:corretto", ("oracle", "openjdk")),
    ("apache:http_server", ("apache_software_foundation", "apache_http_server")),
    ("azul:zulu", ("oracle", "openjdk")),
    ("bell-sw:liberica", ("oracle", "openjdk")),
    ("eclipse:temurin", ("oracle", "openjdk")),
    ("erlang:erlang/otp", ("erlang", "otp")),
    ("f5:nginx", ("f5", "nginx_open_source")),
    ("gnu:glibc", ("the_gnu_c_library", "glibc")),
    ("haxx:curl", ("curl", "curl")),
    ("ibm:semeru_runtime", ("oracle", "openjdk")),
    ("lfprojects:valkey", ("linuxfoundation", "valkey")),
    ("lfprojects:valkey", ("valkey-io", "valkey")),
    ("microsoft:openjdk", ("oracle", "openjdk")),
    ("nginx:nginx", ("f5", "nginx_open_source")),
    ("nodejs:node.js", ("nodejs", "node")),
    ("oracle:mysql", ("oracle_corporation", "mysql_server")),
    ("php:php", ("php_group", "php")),
    ("python:python", ("python_software_foundation", "cpython")),
    ("redhat:openjdk", ("oracle", "openjdk")),
    ("sap:sapmachine", ("oracle", "openjdk")),
];

/// The vendors and products as which software is known that is stated as `vendor:product`.
pub(super) fn besides(software: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_it = BESIDES.iter().filter(move |(stated, _)| *stated == software);
    of_it.map(|(_, besides)| *besides)
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
/// (`postgresql16`, `nodejs-20`, `go-fips-1.21`): where the whole name is not there, it is the one without. What is a line by
/// its form (`grafana-10.4`) is none of the name of a software that is not there either.
pub(crate) fn known_name(name: &str) -> &str {
    let is_known = |name: &str| KNOWN.iter().any(|(known, ..)| *known == name);
    let otherwise =
        |name: &str| OTHERWISE.iter().find(|(called, _)| *called == name).map(|(_, known)| *known);
    if is_known(name) {
        return name;
    }
    let without_line = name.trim_end_matches(|end: char| end.is_ascii_digit() || end == '.');
    let line = without_line.trim_end_matches('-');
    let has_line = without_line.len() < name.len() && line.len() < without_line.len() && !line.is_empty();
    otherwise(name)
        .or_else(|| otherwise(line))
        .or_else(|| (is_known(line) || has_line).then_some(line))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests;
