//! Who gets an answer at the doors, and who does not: by password, token,
//! certificate and identity provider.

use crate::harness::Project;
use crate::server::Served;
use crate::wait::{PATIENCE, until};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

const PASSWORD: &str = "correct horse battery";

/// A starter with a release, whose users are Ann and Bob.
fn project() -> Project {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.user("ann", "commissioner", PASSWORD);
    project.user("bob", "commissioner", PASSWORD);
    project
}

/// What an answer to `select 1` with these headers begins with: its status, or 0
/// for none.
fn status(served: &Served, headers: &[&str]) -> u16 {
    let body = r#"{"sql": "select 1"}"#;
    let mut stream = TcpStream::connect(served.http).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let headers: String = headers
        .iter()
        .map(|header| format!("{header}\r\n"))
        .collect();
    let request = format!(
        "POST /v1/query HTTP/1.1\r\nhost: {}\r\n{headers}content-type: application/json\r\n\
         accept: text/csv\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        served.http,
        body.len()
    );
    // A door may close before it has read all of a request that is too long.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    answer
        .get(9..12)
        .and_then(|status| status.parse().ok())
        .unwrap_or_default()
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}")
}

/// Asks until the answer is as wanted, because servers follow changes within
/// seconds.
#[track_caller]
fn becomes(served: &Served, wanted: u16, user: &str, password: &str) {
    until(&format!("{user} never gets {wanted}"), || {
        // Who fails again and again is kept waiting, and so is this address.
        std::thread::sleep(Duration::from_millis(700));
        served.asks(user, password, "select 1").0 == wanted
    });
}

fn token(project: &Project, name: &str) -> String {
    let args = ["token", "add", name, "--user", "ann", "--expires", "90d"];
    let token = project.jcw(&args).succeeds().out.trim().to_owned();
    assert!(
        token.starts_with("jcw_token_") && token.len() == 53,
        "{token}"
    );
    token
}

#[test]
fn only_who_is_known_gets_an_answer() {
    let project = project();
    let token = token(&project, "bi");
    let served = project.serve(&[]);
    let asks = |user: &str, password: &str| served.asks(user, password, "select 1").0;
    assert_eq!(asks("ann", PASSWORD), 200);
    assert_eq!(asks("token", &token), 200);
    assert_eq!(status(&served, &[&bearer(&token)]), 200);
    for (user, password) in [
        ("ann", "Correct horse battery"),
        ("ann", ""),
        ("ann", "\u{1f40e}"),
        ("Ann", PASSWORD),
        ("carl", PASSWORD),
        ("carl' or '1'='1", PASSWORD),
        ("", ""),
        ("token", PASSWORD),
        ("token", ""),
        ("bob", &token),
    ] {
        assert_eq!(asks(user, password), 401, "{user} {password}");
    }
    let (changed, cut) = (token.replace("jcw_token_", "jcw_token_A"), &token[..40]);
    let long = "x".repeat(1 << 20);
    for headers in [
        &[][..],
        &["authorization:"],
        &["authorization: Basic"],
        &["authorization: Basic !!!!"],
        &["authorization: Basic YW5u"],
        &["authorization: Negotiate abc"],
        &[&bearer("")],
        &[&bearer(&changed)],
        &[&bearer(cut)],
        &[&bearer(&token.to_uppercase())],
        &[&bearer("jcw_session_e30.AAAA")],
        &[&bearer(&token), &bearer(&token)],
        &[&bearer("eyJhbGciOiJub25lIn0.e30.")],
    ] {
        assert_eq!(status(&served, headers), 401, "{headers:?}");
    }
    let flooded = status(&served, &[&bearer(&long)]);
    assert!([0, 400, 401, 431].contains(&flooded), "{flooded}");
    assert_eq!(asks("ann", PASSWORD), 200, "the door stands");
}

#[test]
fn what_an_administrator_changes_a_running_server_follows() {
    let project = project();
    let token = token(&project, "bi");
    let served = project.serve(&[]);
    assert_eq!(served.asks("token", &token, "select 1").0, 200);
    project.jcw(&["token", "revoke", "bi"]).succeeds();
    becomes(&served, 401, "token", &token);

    let args = ["user", "password", "bob", "--password-stdin"];
    let mut child = (project
        .command(&args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null()))
    .spawn()
    .unwrap();
    writeln!(child.stdin.take().unwrap(), "another password").unwrap();
    assert!(child.wait().unwrap().success());
    becomes(&served, 200, "bob", "another password");
    assert_eq!(served.asks("bob", PASSWORD, "select 1").0, 401);

    project.jcw(&["user", "remove", "ann"]).succeeds();
    becomes(&served, 401, "ann", PASSWORD);
    project.user("carl", "commissioner", PASSWORD);
    becomes(&served, 200, "carl", PASSWORD);
}

#[test]
fn who_keeps_failing_waits_and_nobody_else_does() {
    let project = project();
    let served = project.serve(&[]);
    for _ in 0..5 {
        assert_eq!(served.asks("ann", "wrong password", "select 1").0, 401);
    }
    // The first wait is of a second: who is slow has failed too seldom, and fails again.
    until("who fails is never kept waiting", || {
        for _ in 0..8 {
            served.asks("ann", "wrong password", "select 1");
        }
        let (status, said) = served.asks("ann", PASSWORD, "select 1");
        assert!(
            status == 200 || said.contains("too many failed attempts"),
            "{said}"
        );
        status == 429
    });
    assert_eq!(served.asks("bob", PASSWORD, "select 1").0, 200);
    let log = served.said();
    assert!(
        !log.contains("wrong password") && !log.contains(PASSWORD),
        "{log}"
    );
}

#[test]
fn the_commands_say_what_they_did_and_no_secret() {
    let project = project();
    token(&project, "bi");
    let add = |args: &[&str]| project.jcw(&[&["user", "add"], args].concat());
    add(&["carl", "--role", "comissioner"])
        .exits(2)
        .says(&["no role \"comissioner\"", "did you mean \"commissioner\"?"]);
    add(&["ann", "--role", "commissioner"])
        .exits(2)
        .says(&["already"]);
    add(&["token", "--role", "commissioner"])
        .exits(2)
        .says(&["choose another"]);
    add(&["Carl", "--role", "commissioner"])
        .exits(2)
        .says(&["a-z"]);
    add(&["carl", "--role", "commissioner", "--password-stdin"])
        .exits(2)
        .says(&["at least 8 characters"]);
    add(&["carl", "--role", "commissioner", "--attribute", "area"])
        .exits(2)
        .says(&["area=E06000033"]);
    add(&[
        "carl",
        "--role",
        "commissioner",
        "--attribute",
        "area=E06000033",
    ])
    .succeeds();
    project
        .jcw(&["user", "list"])
        .succeeds()
        .says(&["ann", "carl", "area=E06000033"])
        .does_not_say(&["hash", "salt", "stored_key"]);
    project
        .jcw(&["user", "set", "carl"])
        .exits(2)
        .says(&["--role"]);
    project
        .jcw(&["user", "set", "carl", "--no-attributes"])
        .succeeds();
    project.jcw(&["user", "list"]).does_not_say(&["E06000033"]);
    project
        .jcw(&["user", "remove", "dora"])
        .exits(2)
        .says(&["no user \"dora\""]);
    project
        .jcw(&["token", "list"])
        .succeeds()
        .says(&["bi", "ann"])
        .does_not_say(&["jcw_token_"]);
    project
        .jcw(&["token", "add", "bi", "--user", "ann", "--expires", "soon"])
        .exits(2)
        .says(&["90d"]);
    project
        .jcw(&["token", "add", "x", "--user", "dora", "--expires", "1d"])
        .exits(2)
        .says(&["no user \"dora\""]);
}

#[test]
fn a_session_key_that_is_none_or_that_others_can_read_stops_the_server() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::starter().with("JCW_SERVE_KEY", "abc");
    project.jcw(&["run"]).succeeds();
    project
        .jcw(&["serve"])
        .says(&["JCW_SERVE_KEY", "64 hexadecimal digits"]);
    project.write("serve.key", "ab".repeat(32));
    let file = project.path("serve.key");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let project = project
        .with("JCW_SERVE_KEY", "")
        .with("JCW_SERVE_KEY_FILE", &file);
    project.jcw(&["serve"]).says(&["chmod 600"]);
}

#[test]
fn nothing_travels_in_clear_beyond_this_machine_unless_somebody_says_so() {
    let project = project();
    let any = [
        "serve",
        "--http-addr",
        "0.0.0.0:0",
        "--flight-addr",
        "127.0.0.1:0",
    ];
    let refused = project.jcw(&[&any[..], &["--postgres-addr", "127.0.0.1:0"]].concat());
    assert_ne!(refused.code, 0);
    refused.says(&["is not loopback", "--tls-certificate", "--plain-text"]);
}

#[test]
fn a_certificate_encrypts_and_a_clients_certificate_says_who_it_is() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: there is no curl");
        return;
    }
    let project = project();
    let file = |name: &str| project.path(name).display().to_string();
    let served = project.certify().serve_encrypted();
    let port = served.http.port();
    let curl = |more: &[&str]| {
        let url = format!("https://localhost:{port}/v1/query");
        let to = format!("localhost:{port}:127.0.0.1");
        let ran = Command::new("curl")
            .args(["-s", "-m", "30"])
            .args(["-o", "/dev/null", "-w", "%{http_code}"])
            .args(["--cacert", &file("ours.pem"), "--resolve", &to, &url])
            .args(["--json", r#"{"sql": "select 1"}"#])
            .args(more)
            .output()
            .unwrap();
        String::from_utf8_lossy(&ran.stdout).into_owned()
    };
    let shows = |name: &str| {
        let (certificate, key) = (file(&format!("{name}.pem")), file(&format!("{name}.key")));
        curl(&["--cert", &certificate, "--key", &key])
    };
    assert_eq!(curl(&["-u", &format!("ann:{PASSWORD}")]), "200");
    assert_eq!(curl(&[]), "401");
    assert_eq!(shows("grafana"), "200");
    assert_eq!(shows("stranger"), "401", "of our authority, and nobody's");
    assert_eq!(shows("forged/grafana"), "000", "of another authority");
    assert_eq!(curl(&["--tls-max", "1.1"]), "000");
    let (status, _) = served.asks("ann", PASSWORD, "select 1");
    assert_ne!(status, 200, "in clear");
}

/// An identity provider that vouches for who comes in the groups that it is told.
pub(crate) struct IdentityProvider {
    key: EncodingKey,
    /// `pipelines/access.yaml` of a project that believes it.
    pub(crate) access: String,
}

impl IdentityProvider {
    pub(crate) const ISSUER: &str = "https://login.example/t1/v2.0";

    /// One that tells its keys until the test is over.
    pub(crate) fn start() -> IdentityProvider {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        // PKCS#8 puts 26 bytes before the key of PKCS#1.
        let key = EncodingKey::from_rsa_der(&pair.serialize_der()[26..]);
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
        jwk.common.key_id = Some("k1".into());
        let keys = serde_json::json!({"keys": [jwk]}).to_string();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut stream = stream;
                let _ = stream.read(&mut [0; 4096]);
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{keys}",
                    keys.len()
                );
            }
        });
        let access = format!(
            "providers:\n  - id: entra\n    issuer: {}\n    audiences: [api://jcw]\n    \
             tenants: [t1]\n    keys: http://{address}/keys\n",
            IdentityProvider::ISSUER
        );
        IdentityProvider { key, access }
    }

    /// A token for somebody in a group, with these claims in place of the usual.
    pub(crate) fn token(&self, group: &str, claims: serde_json::Value) -> String {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let mut all = serde_json::json!({
            "iss": IdentityProvider::ISSUER, "aud": "api://jcw", "tid": "t1", "oid": "o1",
            "iat": now - 7200, "exp": now + 3600, "roles": [group],
        });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some("k1".into());
        encode(&header, &all, &self.key).unwrap()
    }
}

#[test]
fn an_identity_providers_token_says_who_somebody_is() {
    let provider = IdentityProvider::start();
    let project = project();
    project.write(
        "pipelines/roles.yaml",
        "roles:\n  - id: commissioner\n    description: Reads what is published\n    \
         reads: [published]\n    groups: [Commissioners]\n",
    );
    project.write("pipelines/access.yaml", &provider.access);
    let served = project.serve(&[]);
    let asks = |issuer: &str, group: &str| {
        let token = provider.token(group, serde_json::json!({"iss": issuer}));
        assert_eq!(
            status(&served, &[&bearer(&token)]),
            served.asks("token", &token, "select 1").0
        );
        status(&served, &[&bearer(&token)])
    };
    // Its keys are fetched by the first, and who is slow at that is asked again.
    until("the keys are never fetched", || {
        asks(IdentityProvider::ISSUER, "Commissioners") == 200
    });
    assert_eq!(asks(IdentityProvider::ISSUER, "Others"), 401);
    assert_eq!(asks("https://login.example/t2/v2.0", "Commissioners"), 401);
}
