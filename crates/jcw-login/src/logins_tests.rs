//! Logins of a lake in a temporary folder, with two servers on it where two
//! matter.

use super::*;
use crate::{Desk, NewUser};
use std::collections::BTreeMap;

const PASSWORD: &str = "correct horse battery";

struct House {
    _folder: tempfile::TempDir,
    lake: Lake,
    desk: Desk,
}

impl House {
    async fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lake");
        let lake = Lake::open(path.to_str().unwrap()).await.unwrap();
        let desk = Desk::of(&lake, "admin");
        House {
            _folder: folder,
            lake,
            desk,
        }
    }

    async fn with_ann() -> House {
        let house = House::new().await;
        house.desk.add(user("ann")).await.unwrap();
        house
    }

    async fn logins(&self) -> Logins {
        let key = ServerKey::random().unwrap();
        Logins::with(&self.lake, key, Vec::new()).await.unwrap()
    }

    fn files(&self) -> Vec<String> {
        let folder = self.lake.folder().unwrap().join("access");
        let read = |file: std::io::Result<std::fs::DirEntry>| {
            std::fs::read_to_string(file.unwrap().path()).unwrap()
        };
        std::fs::read_dir(folder).unwrap().map(read).collect()
    }
}

fn user(name: &str) -> NewUser {
    NewUser {
        name: name.into(),
        role: "analyst".into(),
        attributes: [("area".to_owned(), "E06000033".to_owned())].into(),
        password: Some(PASSWORD.into()),
        certificate: Some(format!("CN={name}")),
    }
}

fn from(last: u8) -> Option<IpAddr> {
    Some(IpAddr::from([10, 0, 0, last]))
}

async fn enters(logins: &Logins, user: &str, password: &str) -> Result<Login, LoginError> {
    let shown = Credential::Password { user, password };
    logins.log_in(shown, from(1)).await
}

async fn tries(logins: &Logins, user: &str, password: &str) -> Result<Principal, LoginError> {
    let login = enters(logins, user, password).await;
    login.map(|login| login.principal)
}

async fn shows(logins: &Logins, token: &str) -> Result<Principal, LoginError> {
    let login = logins.log_in(Credential::Bearer(token), from(1)).await;
    login.map(|login| login.principal)
}

/// A change is followed by a running server within a second or two.
async fn within_seconds(mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(60), "not followed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What `look` saw of a fresh server in less than `limit`. A machine that was too busy
/// for that starts over.
async fn seen_in<T>(
    limit: Duration,
    house: &House,
    mut look: impl AsyncFnMut(&Logins) -> T,
) -> (Logins, T) {
    for _ in 0..20 {
        let logins = house.logins().await;
        let began = Instant::now();
        let seen = look(&logins).await;
        if began.elapsed() < limit {
            return (logins, seen);
        }
    }
    panic!("never in less than {limit:?}");
}

#[tokio::test]
async fn only_the_whole_password_of_the_right_user_lets_in() {
    let house = House::with_ann().await;
    let ann = tries(&house.logins().await, "ann", PASSWORD).await.unwrap();
    assert_eq!((ann.name.as_str(), ann.role.as_str()), ("ann", "analyst"));
    assert_eq!(ann.attributes["area"], "E06000033");
    let long = "x".repeat(1 << 20);
    for (user, password) in [
        ("ann", "Correct horse battery"),
        ("ann", "correct horse batter"),
        ("ann", "correct horse battery "),
        ("ann", "correct horse battery\0"),
        ("ann", ""),
        ("ann", "   "),
        ("ann", "\u{1f40e}"),
        ("ann", "' or '1'='1"),
        ("ann", &long),
        ("Ann", PASSWORD),
        ("ann ", PASSWORD),
        ("ann\0", PASSWORD),
        ("", PASSWORD),
        ("bob", PASSWORD),
        ("ann'--", PASSWORD),
        (&long, PASSWORD),
        ("token", PASSWORD),
    ] {
        // One's failures are not the other's: this is not about lockout.
        let answer = tries(&house.logins().await, user, password).await;
        assert!(matches!(answer, Err(LoginError::Refused)), "{answer:?}");
    }
}

#[tokio::test]
async fn of_administrators_at_one_moment_none_loses_an_edit() {
    let house = House::new().await;
    let names: Vec<String> = (0..24).map(|n| format!("user{n}")).collect();
    let edits = names.iter().map(|name| {
        let desk = Desk::of(&house.lake, "admin");
        let new = NewUser {
            name: name.clone(),
            role: "analyst".into(),
            ..NewUser::default()
        };
        tokio::spawn(async move { desk.add(new).await })
    });
    for edit in edits.collect::<Vec<_>>() {
        edit.await.unwrap().unwrap();
    }
    let made: Vec<String> = (house.desk.users().await.unwrap().into_iter())
        .map(|user| user.name)
        .collect();
    let mut expected = names;
    expected.sort_unstable();
    assert_eq!(made, expected);
}

#[tokio::test]
async fn the_lake_holds_no_password_no_token_and_nothing_of_who_has_left() {
    let house = House::with_ann().await;
    let lasts = chrono::Duration::days(1);
    let token = house.desk.add_token("bi", "ann", lasts).await.unwrap();
    for text in house.files() {
        assert!(!text.contains(PASSWORD) && !text.contains(&token));
    }
    house.desk.remove("ann").await.unwrap();
    house.desk.add(user("bob")).await.unwrap();
    house.desk.remove("bob").await.unwrap();
    house.desk.add(user("carl")).await.unwrap();
    for text in house.files() {
        assert_eq!(
            text.matches("\"hash\"").count(),
            usize::from(text.contains("\"carl\""))
        );
    }
    assert!(house.desk.tokens().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_a_user_is_refused_with_advice() {
    let house = House::with_ann().await;
    let wrong = [
        ("ann", PASSWORD, "already"),
        ("token", PASSWORD, "choose another"),
        ("Ann", PASSWORD, "a-z"),
        ("ann@example.org", PASSWORD, "a-z"),
        ("", PASSWORD, "a-z"),
        ("bob", "short", "at least 8"),
        ("bob", "          ", "at least 8"),
        ("bob", "two\nlines of text", "one line"),
        ("bob.bobson", "Bob.Bobson", "not the user's name"),
    ];
    for (name, password, advice) in wrong {
        let new = NewUser {
            name: name.into(),
            password: Some(password.into()),
            certificate: None,
            ..user("x")
        };
        let refused = house.desk.add(new).await.unwrap_err().to_string();
        assert!(refused.contains(advice), "{refused}");
    }
    let same = NewUser {
        certificate: Some("CN=ann".into()),
        ..user("bob")
    };
    assert!(
        house
            .desk
            .add(same)
            .await
            .unwrap_err()
            .to_string()
            .contains("\"ann\"'s")
    );
}

#[tokio::test]
async fn a_session_ends_with_the_role_the_password_and_the_user() {
    let house = House::with_ann().await;
    let logins = house.logins().await;
    let other: BTreeMap<_, _> = [("area".to_owned(), "E06000034".to_owned())].into();
    for change in 0..4 {
        let password = if change > 2 {
            "another password"
        } else {
            PASSWORD
        };
        let ann = enters(&logins, "ann", password).await.unwrap();
        let (token, pass) = (logins.session_token(&ann.pass).unwrap(), &ann.pass);
        assert_eq!(shows(&logins, &token).await.unwrap(), ann.principal);
        logins.still(pass).unwrap();
        match change {
            0 => house.desk.set("ann", Some("engineer"), None).await,
            1 => house.desk.set("ann", None, Some(&other)).await,
            2 => house.desk.password("ann", "another password").await,
            _ => house.desk.remove("ann").await,
        }
        .unwrap();
        within_seconds(async || logins.still(pass).is_err()).await;
        assert!(shows(&logins, &token).await.is_err());
        assert!(logins.session_token(pass).is_err(), "{change}");
    }
    house.desk.add(user("ann")).await.unwrap();
    within_seconds(async || tries(&logins, "ann", PASSWORD).await.is_ok()).await;
}

#[tokio::test]
async fn a_session_is_good_on_every_server_with_the_key_and_on_no_other() {
    let house = House::with_ann().await;
    let key = ServerKey::random().unwrap();
    let with = |key: ServerKey| Logins::with(&house.lake, key, Vec::new());
    let (one, two) = (with(key.clone()).await.unwrap(), with(key).await.unwrap());
    let stranger = house.logins().await;
    let ann = enters(&one, "ann", PASSWORD).await.unwrap();
    let token = one.session_token(&ann.pass).unwrap();
    assert_eq!(shows(&two, &token).await.unwrap(), ann.principal);
    assert!(shows(&stranger, &token).await.is_err());
    for at in 0..token.len() {
        let mut forged = token.clone().into_bytes();
        forged[at] ^= 1;
        let forged = String::from_utf8(forged).unwrap();
        assert!(two.token(&forged).await.is_err(), "{at}");
        assert!(two.token(&token[..at]).await.is_err(), "{at}");
    }
    let long_ago = Utc::now() - chrono::Duration::minutes(31);
    let late = ann.pass.seal(&one.key, long_ago).unwrap();
    assert!(shows(&one, &late).await.is_err());
}

#[tokio::test]
async fn a_session_that_is_renewed_all_day_ends_twelve_hours_after_the_login() {
    let house = House::with_ann().await;
    let logins = house.logins().await;
    let ann = enters(&logins, "ann", PASSWORD).await.unwrap();
    let (mut now, mut token) = (Utc::now(), logins.session_token(&ann.pass).unwrap());
    let mut renewed = 0;
    // As a driver that takes a new token with every answer.
    loop {
        now += chrono::Duration::minutes(20);
        let Some(pass) = Pass::open(&logins.key, &token, now) else {
            break;
        };
        assert!(renewed < 100, "it never ends");
        match pass.seal(&logins.key, now) {
            Some(next) => token = next,
            None => break,
        }
        renewed += 1;
    }
    assert_eq!(renewed, 12 * 3 - 1);
}

#[tokio::test]
async fn a_token_is_its_user_until_it_expires_or_is_revoked() {
    let house = House::with_ann().await;
    let day = chrono::Duration::days(1);
    let token = house.desk.add_token("bi", "ann", day).await.unwrap();
    let short = chrono::Duration::milliseconds(1);
    let expired = house.desk.add_token("old", "ann", short).await.unwrap();
    assert!(house.desk.add_token("bi", "ann", day).await.is_err());
    assert!(house.desk.add_token("x", "bob", day).await.is_err());
    let logins = house.logins().await;
    let ann = shows(&logins, &token).await.unwrap();
    assert_eq!((ann.name.as_str(), ann.method), ("ann", Method::Token));
    assert_eq!(tries(&logins, "token", &token).await.unwrap(), ann);
    assert!(shows(&logins, &expired).await.is_err());
    assert!(tries(&logins, "ann", &token).await.is_err());
    let pass = logins.log_in(Credential::Bearer(&token), from(1)).await;
    let pass = pass.unwrap().pass;
    let session = logins.session_token(&pass).unwrap();
    assert!(shows(&logins, &session).await.is_ok());
    house.desk.revoke("bi").await.unwrap();
    within_seconds(async || shows(&logins, &token).await.is_err()).await;
    assert!(shows(&logins, &session).await.is_err() && logins.still(&pass).is_err());
}

#[tokio::test]
async fn a_certificate_is_the_user_of_its_subject() {
    let house = House::with_ann().await;
    let logins = house.logins().await;
    let shows = async |subject| {
        logins
            .log_in(Credential::Certificate(subject), from(1))
            .await
    };
    let ann = shows("CN=ann").await.unwrap().principal;
    assert_eq!(ann.method, Method::Certificate);
    assert_eq!(logins.owner("CN=ann").as_deref(), Some("ann"));
    assert_eq!(logins.owner("CN=bob"), None);
    for other in ["CN=bob", "cn=ann", "CN=ann,O=x", ""] {
        assert!(shows(other).await.is_err(), "{other}");
    }
}

#[tokio::test]
async fn a_weak_hash_is_made_anew_when_the_password_is_right() {
    let house = House::with_ann().await;
    let register = Register::of(&house.lake);
    let weaken = |access: &mut Access| {
        access.users.get_mut("ann").unwrap().password = Some(Hashed::weakly(PASSWORD));
        Ok(())
    };
    register.edit(weaken).await.unwrap();
    let logins = house.logins().await;
    let is_weak = async || {
        let access = register.read().await.unwrap();
        access.users["ann"].password.as_ref().unwrap().is_weak()
    };
    assert!(tries(&logins, "ann", "wrong password").await.is_err() && is_weak().await);
    let ann = enters(&logins, "ann", PASSWORD).await.unwrap();
    let token = logins.session_token(&ann.pass).unwrap();
    assert!(!is_weak().await);
    let sequence = register.read().await.unwrap().sequence;
    within_seconds(async || logins.access().unwrap().sequence == sequence).await;
    assert!(shows(&logins, &token).await.is_ok(), "the session goes on");
    assert!(tries(&logins, "ann", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn too_many_failures_wait_also_with_the_right_password_and_by_every_way_in() {
    let house = House::with_ann().await;
    let logins = house.logins().await;
    for _ in 0..3 {
        assert!(tries(&logins, "ann", "wrong password").await.is_err());
    }
    let scram = logins.scram("ann", from(1)).unwrap();
    for _ in 0..7 {
        let failed = logins.finish_scram("ann", from(1), &scram, || None::<()>);
        assert!(failed.is_err());
        logins.lockout.failed("ann", from(1));
    }
    let answer = tries(&logins, "ann", PASSWORD).await;
    assert!(matches!(answer, Err(LoginError::TooMany { seconds }) if seconds > 800));
    assert!(matches!(
        logins.scram("ann", from(1)),
        Err(LoginError::TooMany { .. })
    ));
    let shown = Credential::Password {
        user: "ann",
        password: PASSWORD,
    };
    assert!(
        logins.log_in(shown, from(2)).await.is_ok(),
        "from elsewhere"
    );
}

#[tokio::test]
async fn wrong_tokens_are_slowed_down_and_right_ones_are_not() {
    let house = House::with_ann().await;
    let day = chrono::Duration::days(1);
    let token = house.desk.add_token("bi", "ann", day).await.unwrap();
    // One comes back with every second.
    let limit = Duration::from_secs(9);
    let (logins, slowed) = seen_in(limit, &house, async |logins: &Logins| {
        let mut slowed = 0;
        for n in 0..120 {
            let answer = shows(logins, &format!("jcw_token_{n}")).await;
            slowed += usize::from(matches!(answer, Err(LoginError::TooMany { .. })));
        }
        slowed
    })
    .await;
    assert!((10..=20).contains(&slowed), "{slowed}");
    assert!(shows(&logins, &token).await.is_ok());
    assert!(tries(&logins, "ann", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn exchanges_that_begin_together_are_as_many_guesses_as_attempts_in_turn() {
    let house = House::with_ann().await;
    // The first wait is of a second, after which there is another guess.
    let limit = Duration::from_secs(1);
    let (_, (tried, right)) = seen_in(limit, &house, async |logins: &Logins| {
        let begun: Vec<Scram> = (0..40)
            .map(|_| logins.scram("ann", from(1)).unwrap())
            .collect();
        let mut tried = 0;
        for scram in &begun {
            let guess = || {
                tried += 1;
                None::<()>
            };
            let answer = logins.finish_scram("ann", from(1), scram, guess);
            assert!(answer.is_err());
        }
        let right = logins.finish_scram("ann", from(1), &begun[0], || Some(()));
        (tried, right)
    })
    .await;
    assert_eq!(tried, 5);
    assert!(matches!(right, Err(LoginError::TooMany { .. })));
}

#[tokio::test]
async fn a_session_rests_on_the_password_that_was_shown_not_on_the_next() {
    let house = House::with_ann().await;
    let logins = house.logins().await;
    let ann = enters(&logins, "ann", PASSWORD).await.unwrap();
    let scram = logins.scram("ann", from(1)).unwrap();
    let before = logins.access().unwrap().sequence;
    house
        .desk
        .password("ann", "another password")
        .await
        .unwrap();
    within_seconds(async || logins.access().unwrap().sequence > before).await;
    assert!(logins.session_token(&ann.pass).is_err());
    let late = logins.finish_scram("ann", from(1), &scram, || Some(()));
    assert!(matches!(late, Err(LoginError::Refused)));
}

#[tokio::test]
async fn a_name_that_nobody_has_looks_like_one_that_somebody_has() {
    let house = House::with_ann().await;
    let logins = house.logins().await;
    let scram = |user| logins.scram(user, from(1)).unwrap();
    assert_eq!(scram("bob"), scram("bob"));
    assert_ne!(scram("bob").salt, scram("carl").salt);
    assert_eq!(scram("bob").iterations, scram("ann").iterations);
    assert_eq!(scram("bob").salt.len(), scram("ann").salt.len());
    let finish = |user| {
        logins.finish_scram(user, from(1), &logins.scram(user, from(1)).unwrap(), || {
            Some(1)
        })
    };
    assert!(finish("bob").is_err());
    assert_eq!(finish("ann").unwrap().0.principal.name, "ann");
    // A server without a key of its own, and one after a restart, say the same.
    let other = house.logins().await;
    assert_eq!(other.scram("bob", from(1)).unwrap(), scram("bob"));
    // A password of nobody's is looked at as long as one of somebody's. The quickest of
    // three is not what a busy machine made of them, and in turn it was as busy for both.
    let [mut known, mut unknown] = [Duration::MAX; 2];
    for _ in 0..3 {
        for (user, quickest) in [("ann", &mut known), ("bob", &mut unknown)] {
            let began = Instant::now();
            let _ = tries(&logins, user, "wrong password").await;
            *quickest = began.elapsed().min(*quickest);
        }
    }
    assert!(unknown > known / 10, "{known:?} and {unknown:?}");
}
