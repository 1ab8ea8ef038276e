//! Archives that name no Maven coordinates, or others than they are published under: those of Spring and of Tomcat. Which
//! artifacts their groups have is known, and the manifest says that an archive is one of them.

use super::manifest::Manifest;

/// The title by which each archive of Tomcat's own build says what it is part of.
const TOMCAT: &str = "Apache Tomcat";

/// What archives of a Tomcat that was unpacked are called, and the artifacts as which they are published; sorted.
const OF_TOMCAT: &[(&str, &str)] = &[
    ("annotations-api", "tomcat-annotations-api"),
    ("catalina", "tomcat-catalina"),
    ("catalina-ant", "tomcat-catalina-ant"),
    ("catalina-ha", "tomcat-catalina-ha"),
    ("catalina-ssi", "tomcat-ssi"),
    ("catalina-storeconfig", "tomcat-storeconfig"),
    ("catalina-tribes", "tomcat-tribes"),
    ("jasper", "tomcat-jasper"),
    ("jasper-el", "tomcat-jasper-el"),
];

/// Groups of Spring and their artifacts, both sorted. Other artifacts that are called alike (`spring-security-jwt`) are of other
/// groups, or have versions of their own.
const OF_SPRING: &[(&str, &[&str])] = &[
    (
        "org.springframework",
        &[
            "spring-aop",
            "spring-aspects",
            "spring-beans",
            "spring-context",
            "spring-context-indexer",
            "spring-context-support",
            "spring-core",
            "spring-core-test",
            "spring-expression",
            "spring-instrument",
            "spring-jcl",
            "spring-jdbc",
            "spring-jms",
            "spring-messaging",
            "spring-orm",
            "spring-oxm",
            "spring-r2dbc",
            "spring-test",
            "spring-tx",
            "spring-web",
            "spring-webflux",
            "spring-webmvc",
            "spring-webmvc-portlet",
            "spring-websocket",
        ],
    ),
    (
        "org.springframework.boot",
        &[
            "spring-boot",
            "spring-boot-actuator",
            "spring-boot-actuator-autoconfigure",
            "spring-boot-autoconfigure",
            "spring-boot-devtools",
            "spring-boot-jarmode-layertools",
            "spring-boot-jarmode-tools",
            "spring-boot-loader",
        ],
    ),
    (
        "org.springframework.security",
        &[
            "spring-security-acl",
            "spring-security-aspects",
            "spring-security-cas",
            "spring-security-config",
            "spring-security-core",
            "spring-security-crypto",
            "spring-security-data",
            "spring-security-ldap",
            "spring-security-messaging",
            "spring-security-oauth2-client",
            "spring-security-oauth2-core",
            "spring-security-oauth2-jose",
            "spring-security-oauth2-resource-server",
            "spring-security-openid",
            "spring-security-rsocket",
            "spring-security-saml2-service-provider",
            "spring-security-taglibs",
            "spring-security-web",
        ],
    ),
];

/// Group and artifact of the archive that is called `name`, a version left out.
pub(super) fn coordinates<'a>(manifest: &Manifest, name: &'a str) -> Option<(&'static str, &'a str)> {
    if is_of_tomcat(manifest) { of_tomcat(name) } else { of_spring(manifest, name) }
}

fn is_of_tomcat(manifest: &Manifest) -> bool {
    ["implementation-title", "specification-title"].iter().any(|title| manifest.main(title) == Some(TOMCAT))
}

fn of_tomcat(name: &str) -> Option<(&'static str, &str)> {
    if name.starts_with("tomcat-embed-") {
        return Some(("org.apache.tomcat.embed", name));
    }
    let unpacked = OF_TOMCAT.iter().find(|(unpacked, _)| *unpacked == name);
    let artifact = unpacked.map(|(_, artifact)| *artifact).or_else(|| {
        let is_published = name.starts_with("tomcat-");
        is_published.then_some(name)
    })?;
    Some(("org.apache.tomcat", artifact))
}

/// The manifest has the artifact for its title, or for its module with dots in place of hyphens.
fn of_spring<'a>(manifest: &Manifest, name: &'a str) -> Option<(&'static str, &'a str)> {
    let (group, _) = OF_SPRING.iter().find(|(_, artifacts)| artifacts.binary_search(&name).is_ok())?;
    let is_title = || manifest.main("implementation-title") == Some(name);
    let is_module = || manifest.main("automatic-module-name").is_some_and(|it| it.replace('.', "-") == name);
    (is_title() || is_module()).then_some((group, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_says_whose_an_archive_is() {
        let tomcat = "Implementation-Title: Apache Tomcat";
        let spring = "Implementation-Title: spring-core";
        let boot = "Implementation-Title: Spring Boot\nAutomatic-Module-Name: spring.boot";
        for (manifest, name, expected) in [
            (tomcat, "catalina", Some(("org.apache.tomcat", "tomcat-catalina"))),
            (tomcat, "catalina-tribes", Some(("org.apache.tomcat", "tomcat-tribes"))),
            (tomcat, "tomcat-coyote", Some(("org.apache.tomcat", "tomcat-coyote"))),
            (tomcat, "tomcat-embed-core", Some(("org.apache.tomcat.embed", "tomcat-embed-core"))),
            (tomcat, "demo", None),
            ("Implementation-Title: Demo", "catalina", None),
            (spring, "spring-core", Some(("org.springframework", "spring-core"))),
            (spring, "spring-web", None),
            (boot, "spring-boot", Some(("org.springframework.boot", "spring-boot"))),
            ("Implementation-Title: spring-security-jwt", "spring-security-jwt", None),
        ] {
            assert_eq!(coordinates(&Manifest::parse(manifest), name), expected, "{name}");
        }
    }

    #[test]
    fn the_tables_are_sorted() {
        assert!(OF_TOMCAT.is_sorted());
        assert!(OF_SPRING.is_sorted() && OF_SPRING.iter().all(|(_, artifacts)| artifacts.is_sorted()));
    }
}
