//! Bytes that land, on a disk and in a store.

use super::*;
use crate::testing::{in_memory, on_disk};
use futures::stream;

fn arriving(parts: &[&'static str]) -> impl Stream<Item = std::io::Result<Bytes>> + use<> {
    stream::iter(
        parts
            .iter()
            .map(|part| Ok(Bytes::from_static(part.as_bytes())))
            .collect::<Vec<_>>(),
    )
}

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

async fn keeps_bytes_under_their_hash(lake: Lake) {
    let landing = lake.landing();
    let landed = landing.put(arriving(&["a", "bc"]), 3).await.unwrap();
    assert_eq!(
        landed,
        Landed {
            sha256: ABC.into(),
            size: 3,
            is_new: true
        }
    );
    let again = landing.put(arriving(&["abc"]), 10).await.unwrap();
    assert_eq!(
        again,
        Landed {
            sha256: ABC.into(),
            size: 3,
            is_new: false
        }
    );
    let local = landing.local(ABC).await.unwrap();
    assert_eq!(std::fs::read(local.path()).unwrap(), b"abc");
    assert_eq!(landing.size(ABC).await.unwrap(), Some(3));
    let spooled = local.path().to_path_buf();
    drop(local);
    assert_eq!(
        spooled.exists(),
        lake.folder().is_some(),
        "a copy does not outlive its use"
    );
}

#[tokio::test]
async fn bytes_are_kept_once_under_their_hash_on_any_store() {
    let (_folder, lake) = on_disk().await;
    keeps_bytes_under_their_hash(lake).await;
    keeps_bytes_under_their_hash(in_memory()).await;
}

#[tokio::test]
async fn a_file_over_its_cap_leaves_nothing() {
    for lake in [on_disk().await.1, in_memory()] {
        let refused = lake
            .landing()
            .put(arriving(&["abc", "d"]), 3)
            .await
            .unwrap_err();
        assert!(
            matches!(refused, LakeError::TooLarge { cap: 3 }),
            "{refused}"
        );
        assert_eq!(
            lake.store()
                .list_with_delimiter(Some(&Path::from("landing")))
                .await
                .unwrap()
                .objects,
            []
        );
    }
}

#[tokio::test]
async fn a_delivery_that_breaks_off_leaves_nothing() {
    let (folder, lake) = on_disk().await;
    let broken = stream::iter([
        Ok(Bytes::from_static(b"ab")),
        Err(std::io::Error::other("cut off")),
    ]);
    let refused = lake.landing().put(broken, 10).await.unwrap_err();
    assert!(refused.to_string().contains("cut off"), "{refused}");
    assert_eq!(
        std::fs::read_dir(folder.path().join("landing"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test]
async fn bytes_can_be_read_before_they_are_kept_and_are_forgotten_if_they_never_are() {
    let (folder, lake) = on_disk().await;
    let bytes: Vec<u8> = (0..9_000_000u32).map(|n| (n % 251) as u8).collect();
    let whole = || stream::iter([Ok::<_, std::io::Error>(Bytes::from(bytes.clone()))]);
    let incoming = lake.landing().take_in(whole(), u64::MAX).await.unwrap();
    let early = incoming.local().await.unwrap();
    assert!(std::fs::read(early.path()).unwrap() == bytes);
    let landed = incoming.kept().await.unwrap();
    assert_eq!((landed.size, landed.is_new), (9_000_000, true));
    let kept = lake.landing().local(&landed.sha256).await.unwrap();
    assert!(std::fs::read(kept.path()).unwrap() == bytes);
    let again = lake.landing().take_in(whole(), u64::MAX).await.unwrap();
    assert!(std::fs::read(again.local().await.unwrap().path()).unwrap() == bytes);
    assert!(!again.kept().await.unwrap().is_new);
    drop(lake.landing().take_in(arriving(&["abc"]), 3).await.unwrap());
    let left = std::fs::read_dir(folder.path().join("landing")).unwrap();
    let half = left.filter(|entry| entry.as_ref().unwrap().path().is_file());
    assert_eq!(half.count(), 0);
}

#[tokio::test]
async fn an_empty_file_lands() {
    let (_folder, lake) = on_disk().await;
    let landed = lake.landing().put(arriving(&[]), 1).await.unwrap();
    assert_eq!((landed.size, landed.is_new), (0, true));
}

#[tokio::test]
async fn landed_bytes_that_were_changed_are_noticed() {
    let (folder, lake) = on_disk().await;
    lake.landing().put(arriving(&["abc"]), 3).await.unwrap();
    std::fs::write(folder.path().join("landing/ba").join(ABC), "ab").unwrap();
    let refused = lake.landing().put(arriving(&["abc"]), 3).await.unwrap_err();
    assert!(
        matches!(
            refused,
            LakeError::Landing {
                expected: 3,
                found: 2,
                ..
            }
        ),
        "{refused}"
    );
    let missing = lake.landing().local(&"0".repeat(64)).await.unwrap_err();
    assert!(matches!(missing, LakeError::Missing { .. }), "{missing}");
}
