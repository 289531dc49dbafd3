//! Tokens as providers and attackers make them, against keys served on loopback.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const ISSUER: &str = "https://login.example/t1/v2.0";

/// A provider on loopback.
struct Entra {
    address: String,
    /// What it answers: keys, or something else.
    served: Arc<Mutex<String>>,
    fetches: Arc<AtomicUsize>,
}

struct Signer {
    id: String,
    key: EncodingKey,
}

impl Signer {
    fn new(id: &str) -> Signer {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        // PKCS#8 puts 26 bytes before the key of PKCS#1.
        let key = EncodingKey::from_rsa_der(&pair.serialize_der()[26..]);
        Signer {
            id: id.to_owned(),
            key,
        }
    }

    fn public(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, Algorithm::RS256).unwrap();
        jwk.common.key_id = Some(self.id.clone());
        serde_json::to_value(jwk).unwrap()
    }

    fn signs(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.id.clone());
        encode(&header, claims, &self.key).unwrap()
    }
}

impl Entra {
    async fn with(signer: &Signer) -> Entra {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let entra = Entra {
            address: format!("http://{}/keys", listener.local_addr().unwrap()),
            served: Arc::new(Mutex::new(keys(&[signer.public()]))),
            fetches: Arc::default(),
        };
        let (served, fetches) = (entra.served.clone(), entra.fetches.clone());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                fetches.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]).await;
                let body = served.lock().unwrap().clone();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        entra
    }

    fn provider(&self, refresh: Duration) -> Provider {
        let place = jcw_project::Place::start_of("pipelines/access.yaml");
        let placed = |text: &str| jcw_project::Placed::new(text.to_owned(), place.clone());
        let said = jcw_project::Provider {
            id: placed("entra"),
            issuer: placed(ISSUER),
            audiences: vec!["api://jcw".into()],
            tenants: vec!["t1".into()],
            clients: vec!["bi".into()],
            keys: placed(&self.address),
            groups: "roles".into(),
            attributes: [("area".to_owned(), "extension_area".to_owned())].into(),
        };
        let role = |id: &str, group: &str| jcw_project::Role {
            id: placed(id),
            description: String::new(),
            reads: Vec::new(),
            hides: Default::default(),
            rows: Default::default(),
            masks: Default::default(),
            limits: Default::default(),
            groups: vec![group.to_owned()],
        };
        let roles = [role("analyst", "Analysts"), role("engineer", "Engineers")];
        Provider::new(&said, &roles, refresh).unwrap()
    }
}

fn keys(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

fn claims() -> Value {
    let now = chrono::Utc::now().timestamp();
    json!({
        "iss": ISSUER, "aud": "api://jcw", "tid": "t1", "oid": "o1", "azp": "bi", "ver": "2.0",
        "iat": now, "nbf": now, "exp": now + 3600, "roles": ["Others", "Analysts"],
        "extension_area": "E06000033", "preferred_username": "ann@example.org", "sub": "s1",
    })
}

fn with(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[claim] = value;
    claims
}

fn without(claim: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(claim);
    claims
}

#[tokio::test]
async fn a_token_of_the_provider_says_who_somebody_is_and_in_which_role() {
    let signer = Signer::new("k1");
    let provider = Entra::with(&signer).await.provider(Duration::ZERO);
    let known = provider
        .log_in(&signer.signs(&claims()))
        .await
        .ok()
        .unwrap();
    assert_eq!(known.principal.name, "o1@t1");
    assert_eq!(known.principal.role, "analyst");
    assert_eq!(known.principal.attributes["area"], "E06000033");
    assert_eq!(known.principal.method, Method::Provider);
    let many = with("aud", json!(["other", "api://jcw"]));
    assert!(provider.log_in(&signer.signs(&many)).await.is_ok());
}

#[tokio::test]
async fn no_other_token_lets_anybody_in() {
    let signer = Signer::new("k1");
    let provider = Entra::with(&signer).await.provider(Duration::ZERO);
    let now = chrono::Utc::now().timestamp();
    let wrong = [
        ("another audience", with("aud", json!("api://other"))),
        ("no audience", without("aud")),
        (
            "another issuer",
            with("iss", json!("https://login.example/t2/v2.0")),
        ),
        (
            "an issuer that begins alike",
            with("iss", json!(format!("{ISSUER}/"))),
        ),
        ("no issuer", without("iss")),
        ("another tenant", with("tid", json!("t2"))),
        ("no tenant", without("tid")),
        ("another client", with("azp", json!("other"))),
        ("no client", without("azp")),
        (
            "expired a second ago, beyond the leeway",
            with("exp", json!(now - 61)),
        ),
        ("no end", without("exp")),
        ("not yet", with("nbf", json!(now + 120))),
        ("no role", with("roles", json!(["Others"]))),
        ("two roles", with("roles", json!(["Analysts", "Engineers"]))),
        (
            "roles that are no list",
            with("roles", json!({"Analysts": true})),
        ),
        ("no name", {
            let mut claims = without("oid");
            claims.as_object_mut().unwrap().remove("sub");
            claims
        }),
        ("a name with a line break", with("oid", json!("o1\nadmin"))),
    ];
    for (what, claims) in wrong {
        let answer = provider.log_in(&signer.signs(&claims)).await;
        assert!(matches!(answer, Err(LoginError::Refused)), "{what}");
    }
    let now = chrono::Utc::now().timestamp();
    let leeway = with("exp", json!(now - 30));
    assert!(provider.log_in(&signer.signs(&leeway)).await.is_ok());
}

#[tokio::test]
async fn the_algorithm_is_ours_not_the_tokens() {
    let signer = Signer::new("k1");
    let provider = Entra::with(&signer).await.provider(Duration::ZERO);
    let whole = signer.signs(&claims());
    let parts: Vec<&str> = whole.split('.').collect();
    let header = |alg: &str| BASE64.encode(json!({"alg": alg, "kid": "k1"}).to_string());
    let mut forged = Vec::new();
    for none in ["none", "None", ""] {
        forged.push(format!("{}.{}.", header(none), parts[1]));
        forged.push(format!("{}.{}.{}", header(none), parts[1], parts[2]));
    }
    // Signed with what everybody knows: the public key, as a secret.
    let public = signer.public();
    let n = BASE64.decode(public["n"].as_str().unwrap()).unwrap();
    for secret in [n, public["n"].to_string().into(), public.to_string().into()] {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("k1".into());
        forged.push(encode(&header, &claims(), &EncodingKey::from_secret(&secret)).unwrap());
    }
    let mut rs512 = Header::new(Algorithm::RS512);
    rs512.kid = Some("k1".into());
    forged.push(encode(&rs512, &claims(), &signer.key).unwrap());
    // The right name, another key; and keys that a token brings along.
    let other = Signer::new("k1");
    forged.push(other.signs(&claims()));
    let mut own_key = Header::new(Algorithm::RS256);
    own_key.kid = Some("k1".into());
    own_key.jwk = Some(serde_json::from_value(other.public()).unwrap());
    forged.push(encode(&own_key, &claims(), &other.key).unwrap());
    // No name of a key; another name.
    forged.push(encode(&Header::new(Algorithm::RS256), &claims(), &signer.key).unwrap());
    // Claims that were changed after.
    let engineer = BASE64.encode(with("roles", json!(["Engineers"])).to_string());
    forged.push(format!("{}.{engineer}.{}", parts[0], parts[2]));
    forged.push(whole[..whole.len() - 4].to_owned());
    forged.extend(["", "..", "a.b.c", "eyJ.eyJ.eyJ"].map(str::to_owned));
    for token in forged {
        assert!(provider.log_in(&token).await.is_err(), "{token}");
    }
    assert!(provider.log_in(&whole).await.is_ok());
}

#[tokio::test]
async fn a_rotated_key_is_fetched_and_a_withdrawn_one_is_no_good() {
    let (old, new) = (Signer::new("k1"), Signer::new("k2"));
    let entra = Entra::with(&old).await;
    let provider = entra.provider(Duration::ZERO);
    let token = old.signs(&claims());
    assert!(provider.log_in(&token).await.is_ok());
    *entra.served.lock().unwrap() = keys(&[new.public()]);
    assert!(provider.log_in(&new.signs(&claims())).await.is_ok());
    assert!(provider.log_in(&token).await.is_err());
}

#[tokio::test]
async fn an_answer_without_keys_takes_nobody_out() {
    let (ours, stranger) = (Signer::new("k1"), Signer::new("k2"));
    let entra = Entra::with(&ours).await;
    let provider = entra.provider(Duration::ZERO);
    let token = ours.signs(&claims());
    assert!(provider.log_in(&token).await.is_ok());
    let mut of_no_use = ours.public();
    of_no_use["use"] = json!("enc");
    for body in [
        "<html>Please log in to the guest network</html>",
        "",
        "{}",
        r#"{"keys": []}"#,
        r#"{"keys": "none"}"#,
        &keys(&[of_no_use]),
    ] {
        *entra.served.lock().unwrap() = body.to_owned();
        let before = entra.fetches.load(Ordering::SeqCst);
        let unknown = provider.log_in(&stranger.signs(&claims())).await;
        assert!(matches!(unknown, Err(LoginError::Refused)), "{body}");
        assert_eq!(entra.fetches.load(Ordering::SeqCst), before + 1, "{body}");
        assert!(provider.log_in(&token).await.is_ok(), "{body}");
    }
}

#[tokio::test]
async fn made_up_names_of_keys_are_no_storm_on_the_provider() {
    let signer = Signer::new("k1");
    let entra = Entra::with(&signer).await;
    let provider = Arc::new(entra.provider(Duration::from_secs(60)));
    let stranger = Signer::new("unknown");
    let asked = (0..50).map(|_| {
        let (provider, token) = (provider.clone(), stranger.signs(&claims()));
        tokio::spawn(async move { provider.log_in(&token).await.is_err() })
    });
    for asked in asked.collect::<Vec<_>>() {
        assert!(asked.await.unwrap());
    }
    assert_eq!(entra.fetches.load(Ordering::SeqCst), 1);
    assert!(provider.log_in(&signer.signs(&claims())).await.is_ok());
    assert_eq!(entra.fetches.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_not_a_wrong_token() {
    let signer = Signer::new("k1");
    let mut entra = Entra::with(&signer).await;
    entra.address = "http://127.0.0.1:1/keys".into();
    let provider = entra.provider(Duration::ZERO);
    let answer = provider.log_in(&signer.signs(&claims())).await;
    assert!(matches!(answer, Err(LoginError::Unavailable(_))));
}
