//! Places as partners leave them.

use super::*;
use crate::remote::{Fetched, Seen, Stillness};
use crate::testing::text;
use futures::{StreamExt, stream};
use jcw_project::Limits;
use object_store::memory::InMemory;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

fn source(files: &[&str]) -> Source {
    Source {
        id: text("partner/source"),
        partner: "partner".to_owned(),
        description: String::new(),
        owner: String::new(),
        contract: text("partner/source"),
        files: files.iter().map(|file| text(file)).collect(),
        store: Vec::new(),
        schedule: None,
        limits: Limits {
            max_bytes: 1_000,
            ..Limits::default()
        },
        settle: Duration::ZERO,
        hash: String::new(),
    }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn list(&self, files: &[&str]) -> Listing {
        list(&source(files), self.0.path()).await.unwrap()
    }
}

fn names(listing: &Listing) -> Vec<&str> {
    let mut names: Vec<&str> = listing
        .files
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    names.sort_unstable();
    names
}

async fn bytes(file: &RemoteFile) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    let mut body = file.stream().await?;
    while let Some(bytes) = body.next().await {
        all.extend_from_slice(&bytes?);
    }
    Ok(all)
}

#[tokio::test]
async fn patterns_find_files_at_any_depth_once_and_oldest_first() {
    let folder = Folder::new();
    let (new, old) = (
        folder.file("2024/05/b.csv", "2"),
        folder.file("a b é.csv", "1"),
    );
    folder.file("2024/other.xlsx", "3");
    let hour = Duration::from_secs(3_600);
    for (path, age) in [(&new, hour), (&old, hour * 2)] {
        std::fs::File::options()
            .write(true)
            .open(path)
            .unwrap()
            .set_modified(std::time::SystemTime::now() - age)
            .unwrap();
    }
    let url = format!("file://{}/**/b.csv", folder.0.path().display());
    let listing = folder.list(&["**/*.csv", "./2024/*/{b,c}.csv", &url]).await;
    assert_eq!(
        listing
            .files
            .iter()
            .map(|file| file.name.as_str())
            .collect::<Vec<_>>(),
        ["a b é.csv", "b.csv"]
    );
    assert!(
        listing.files[0].url.ends_with("/a%20b%20%C3%A9.csv"),
        "{}",
        listing.files[0].url
    );
    assert_eq!(bytes(&listing.files[1]).await.unwrap(), b"2");
    assert_eq!(names(&folder.list(&["2024/05/b.csv"]).await), ["b.csv"]);
}

#[tokio::test]
async fn a_place_that_is_not_there_holds_no_files() {
    let folder = Folder::new();
    let listing = folder
        .list(&["nowhere/**/*.csv", "nothing.csv", "/no/such/*.csv"])
        .await;
    assert!(listing.files.is_empty() && listing.refused.is_empty());
    // A pattern promises no file; a name does.
    let at = format!("file://{}/nothing.csv", folder.0.path().display());
    assert_eq!(listing.missing, [at]);
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_file_is_refused_with_a_reason() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let root = folder.0.path();
    folder.file("in/good.csv", "1");
    folder.file("in/large.csv", &"x".repeat(1_001));
    let secret = folder.file("secret/s.csv", "2");
    std::os::unix::fs::symlink(&secret, root.join("in/link.csv")).unwrap();
    std::os::unix::fs::symlink(root.join("secret"), root.join("in/away")).unwrap();
    std::fs::create_dir(root.join("in/folder.csv")).unwrap();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(root.join("in/pipe.csv"))
            .status()
            .unwrap()
            .success()
    );
    std::fs::write(
        root.join("in")
            .join(std::ffi::OsStr::from_bytes(b"bad\xff.csv")),
        "3",
    )
    .unwrap();
    std::fs::write(root.join("in/new\nline.csv"), "4").unwrap();

    let listing = folder.list(&["in/**/*.csv"]).await;
    assert_eq!(names(&listing), ["good.csv"]);
    let mut rules: Vec<&str> = listing.refused.iter().map(|refused| refused.rule).collect();
    rules.sort_unstable();
    let expected = [
        "delivery.folder",
        "delivery.name",
        "delivery.name",
        "delivery.special",
        "delivery.symlink",
        "delivery.symlink",
        "limit.bytes",
    ];
    assert_eq!(rules, expected);
    assert_eq!(
        folder.list(&["in/link.csv"]).await.refused[0].rule,
        "delivery.symlink"
    );
}

#[tokio::test]
async fn a_file_that_moves_is_growing() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "1");
    let file = folder.list(&["*.csv"]).await.files.remove(0);
    assert_eq!(
        file.still(Duration::from_millis(1)).await.unwrap(),
        Stillness::Still
    );
    // With a date ahead it is never old enough, however busy the machine is.
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(std::time::SystemTime::now() + Duration::from_secs(3_600))
        .unwrap();
    let file = folder.list(&["*.csv"]).await.files.remove(0);
    let grow = async {
        tokio::task::yield_now().await;
        std::fs::write(&path, "1\n2").unwrap();
    };
    let (stillness, ()) = tokio::join!(file.still(Duration::from_secs(3)), grow);
    assert_eq!(stillness.unwrap(), Stillness::Growing);
    assert!(!file.unchanged().await.unwrap());
    std::fs::remove_file(&path).unwrap();
    assert!(!file.unchanged().await.unwrap());
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_put_in_a_files_place_is_not_followed() {
    let folder = Folder::new();
    let (path, secret) = (folder.file("a.csv", "1"), folder.file("secret/s.csv", "2"));
    let file = folder.list(&["*.csv"]).await.files.remove(0);
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(secret, &path).unwrap();
    assert!(bytes(&file).await.is_err());
}

#[tokio::test]
async fn a_file_that_grew_past_the_limit_is_cut_off_while_it_streams() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "1");
    let file = folder.list(&["*.csv"]).await.files.remove(0);
    std::fs::write(path, "x".repeat(5_000)).unwrap();
    assert!(matches!(
        bytes(&file).await,
        Err(Error::TooLarge { limit: 1_000, .. })
    ));
}

#[tokio::test]
async fn objects_are_found_below_the_folder_that_is_named() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    for key in ["in/2024/a.csv", "in/b.csv", "in/b.txt", "other/c.csv"] {
        store.put(&StorePath::from(key), "1".into()).await.unwrap();
    }
    let pattern = globset::GlobBuilder::new("**/*.csv")
        .literal_separator(true)
        .build()
        .unwrap()
        .compile_matcher();
    let mut listing = Listing::default();
    list_store(
        &mut listing,
        Arc::clone(&store),
        &StorePath::from("in"),
        Some(&pattern),
        "s3://bucket/",
        1_000,
    )
    .await
    .unwrap();
    listing.settle();
    assert_eq!(names(&listing), ["a.csv", "b.csv"]);
    assert_eq!(listing.files[0].url, "s3://bucket/in/2024/a.csv");
    assert_eq!(bytes(&listing.files[0]).await.unwrap(), b"1");
    let seen = listing.files[0].seen();
    assert!(matches!(
        listing.files[0].fetch(Some(&seen)).await.unwrap(),
        Fetched::NotModified
    ));

    let mut one = Listing::default();
    list_store(
        &mut one,
        Arc::clone(&store),
        &StorePath::from("in/b.csv"),
        None,
        "s3://bucket/",
        1_000,
    )
    .await
    .unwrap();
    list_store(
        &mut one,
        store,
        &StorePath::from("in/none.csv"),
        None,
        "s3://bucket/",
        1_000,
    )
    .await
    .unwrap();
    assert_eq!(names(&one), ["b.csv"]);
    assert_eq!(one.missing, ["s3://bucket/in/none.csv"]);
}

#[tokio::test]
async fn stores_are_named_by_their_urls() {
    for (entry, root) in [
        ("s3://bucket/in/**/*.csv", "s3://bucket/"),
        (
            "https://account.blob.core.windows.net/box/in/*.csv",
            "https://account.blob.core.windows.net/box/",
        ),
    ] {
        let mut source = source(&[]);
        source.store = vec![
            ("aws_region".to_owned(), "eu-west-2".to_owned()),
            (
                "azure_storage_account_key".to_owned(),
                "c2VjcmV0".to_owned(),
            ),
        ];
        match Location::new(&source, &text(entry), Path::new("/")).unwrap() {
            Location::Store {
                prefix,
                pattern,
                root: shown,
                ..
            } => {
                assert_eq!(
                    (prefix.as_ref(), pattern.is_some(), shown.as_str()),
                    ("in", true, root)
                );
            }
            _ => panic!("{entry} is a store"),
        }
    }
}

#[tokio::test]
async fn plain_http_is_for_this_machine_only() {
    let error = list(
        &source(&["http://me:secret@example.org/a.csv?key=secret"]),
        Path::new("/"),
    )
    .await
    .unwrap_err();
    assert!(
        error.to_string().contains("https") && !error.to_string().contains("secret"),
        "{error}"
    );
}

/// Answers requests one by one with what is given; sends back their heads.
fn serve(answers: Vec<&'static str>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (heads, received) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut connection, _) = listener.accept().unwrap();
            let lines = BufReader::new(connection.try_clone().unwrap()).lines();
            let head: Vec<String> = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            let _ = heads.send(head.join("\n"));
            let _ = connection.write_all(answer.replace('\n', "\r\n").as_bytes());
        }
    });
    (format!("http://{address}"), received)
}

const MODIFIED: &str = "Wed, 01 May 2024 10:00:00 GMT";

#[tokio::test]
async fn a_web_file_is_asked_for_only_if_it_changed() {
    let (address, heads) = serve(vec![
        "HTTP/1.1 200 OK\nContent-Length: 4\nETag: \"v1\"\nLast-Modified: Wed, 01 May 2024 10:00:00 GMT\nConnection: close\n\n",
        "HTTP/1.1 503 Busy\nContent-Length: 0\nConnection: close\n\n",
        "HTTP/1.1 200 OK\nContent-Length: 4\nETag: \"v1\"\nLast-Modified: Wed, 01 May 2024 10:00:00 GMT\nConnection: close\n\na,b\n",
        "HTTP/1.1 304 Not Modified\nETag: \"v1\"\nConnection: close\n\n",
        "HTTP/1.1 304 Not Modified\nConnection: close\n\n",
    ]);
    let listing = list(
        &source(&[&format!(
            "{address}/open%20data/a%20b.csv?version=2&key=secret"
        )]),
        Path::new("/"),
    )
    .await
    .unwrap();
    let file = &listing.files[0];
    assert_eq!(
        (file.name.as_str(), file.size, file.etag.as_deref()),
        ("a b.csv", Some(4), Some("\"v1\""))
    );
    assert_eq!(file.url, format!("{address}/open%20data/a%20b.csv"));
    // The answer ends in a line end that the test's own writer doubled.
    assert!(bytes(file).await.unwrap().starts_with(b"a,b"));
    assert!(matches!(
        file.fetch(Some(&file.seen())).await.unwrap(),
        Fetched::NotModified
    ));
    let dated = Seen {
        etag: None,
        modified: Some(file.modified),
    };
    assert!(matches!(
        file.fetch(Some(&dated)).await.unwrap(),
        Fetched::NotModified
    ));

    let heads: Vec<String> = heads.iter().take(5).collect();
    assert!(
        heads[0].starts_with("HEAD /open%20data/a%20b.csv?version=2&key=secret "),
        "{}",
        heads[0]
    );
    assert!(
        heads[3].to_lowercase().contains("if-none-match: \"v1\""),
        "{}",
        heads[3]
    );
    assert!(heads[4].contains(MODIFIED), "{}", heads[4]);
}

#[tokio::test]
async fn a_web_file_that_is_gone_is_no_file_and_a_refusal_is_an_error() {
    let (address, _heads) = serve(vec![
        "HTTP/1.1 404 No\nContent-Length: 0\nConnection: close\n\n";
        2
    ]);
    let listing = list(
        &source(&[&format!("{address}/a.csv?key=secret")]),
        Path::new("/"),
    )
    .await
    .unwrap();
    assert!(listing.files.is_empty());
    assert_eq!(listing.missing, [format!("{address}/a.csv")]);
    let (address, _heads) = serve(vec![
        "HTTP/1.1 403 No\nContent-Length: 0\nConnection: close\n\n";
        2
    ]);
    let error = list(
        &source(&[&format!("{address}/a.csv?key=secret")]),
        Path::new("/"),
    )
    .await
    .unwrap_err();
    assert!(
        matches!(&error, Error::List { .. }) && !error.to_string().contains("secret"),
        "{error}"
    );
}

#[tokio::test]
async fn a_web_file_need_not_say_its_length_and_one_that_is_cut_is_told() {
    let (address, _heads) = serve(vec![
        "HTTP/1.1 200 OK\nConnection: close\n\n",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nConnection: close\n\n5\na,b,c\n0\n\n",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nConnection: close\n\n5\na,b,c\n",
        "HTTP/1.1 200 OK\nContent-Length: 9\nConnection: close\n\na,b,c",
    ]);
    let listing = list(&source(&[&format!("{address}/a.csv")]), Path::new("/"))
        .await
        .unwrap();
    let file = &listing.files[0];
    assert_eq!((file.size, file.shows_changes()), (None, false));
    assert_eq!(bytes(file).await.unwrap(), b"a,b,c");
    for promised in [None, Some(9)] {
        match bytes(file).await {
            Err(Error::CutShort {
                received: 5, size, ..
            }) => assert_eq!(size, promised),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn nothing_comes_after_the_limit() {
    let body = stream::iter(vec![
        Ok(bytes::Bytes::from_static(&[0; 600])),
        Ok(bytes::Bytes::from_static(&[0; 600])),
        Ok(bytes::Bytes::from_static(&[0; 600])),
    ]);
    let folder = Folder::new();
    folder.file("a.csv", "1");
    let file = folder.list(&["*.csv"]).await.files.remove(0);
    let parts: Vec<bool> = file
        .capped(body.boxed())
        .map(|part| part.is_ok())
        .collect()
        .await;
    assert_eq!(parts, [true, false]);
}
