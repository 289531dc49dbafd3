//! Certificates at the doors, with clients that trust the test's own authority: who
//! comes in, and what happens when the certificate changes.

use crate::clients;
use crate::harness::Project;
use crate::server::{PASSWORD, Served};
use crate::wait::until;
use std::path::Path;
use std::process::Command;

struct World {
    project: Project,
    served: Served,
    token: String,
}

/// Ann has a password and a token, Grafana a certificate; a stranger has one that
/// is nobody's.
fn world() -> World {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.user("ann", "commissioner", PASSWORD);
    let args = ["token", "add", "bi", "--user", "ann", "--expires", "1d"];
    let token = project.jcw(&args).succeeds().out.trim().to_owned();
    let served = project.certify().serve_encrypted();
    World {
        project,
        served,
        token,
    }
}

impl World {
    /// What curl gets at the HTTP door, over HTTP/2: a status.
    fn curl(&self, authority: &str, more: &[&str]) -> String {
        let (port, folder) = (self.served.http.port(), self.project.path(""));
        let ran = Command::new("curl")
            .args(["-s", "--http2", "-m", "30", "-o", "/dev/null"])
            .args(["-w", "%{http_code}", "--cacert"])
            .arg(folder.join(format!("{authority}.pem")))
            .args(["--resolve", &format!("localhost:{port}:127.0.0.1")])
            .args(["--json", r#"{"sql": "select 1"}"#])
            .args(more)
            .arg(format!("https://localhost:{port}/v1/query"))
            .current_dir(&folder)
            .output()
            .unwrap();
        String::from_utf8_lossy(&ran.stdout).into_owned()
    }

    /// What Flight's clients say of every way in.
    fn flight(&self, authority: &str) -> Option<String> {
        let folder = self.project.path("").display().to_string();
        let port = self.served.flight.port().to_string();
        let args = [&port, authority, &folder, PASSWORD, &self.token];
        clients::run("flight_encrypted.py", &args.map(str::to_owned))
    }
}

#[test]
fn over_tls_everybody_is_who_they_show_and_two_at_once_are_nobody() {
    let world = world();
    let login = format!("ann:{PASSWORD}");
    let bearer = format!("authorization: Bearer {}", world.token);
    let grafana = ["--cert", "grafana.pem", "--key", "grafana.key"];
    let stranger = ["--cert", "stranger.pem", "--key", "stranger.key"];
    let with = |certificate: [&'static str; 4], more: [&str; 2]| {
        world.curl("ours", &[&certificate[..], &more].concat())
    };
    assert_eq!(world.curl("ours", &["-u", &login]), "200");
    assert_eq!(world.curl("ours", &["-H", &bearer]), "200");
    assert_eq!(world.curl("ours", &grafana), "200");
    assert_eq!(world.curl("ours", &stranger), "401");
    assert_eq!(with(stranger, ["-u", &login]), "200");
    assert_eq!(with(grafana, ["-u", &login]), "401");
    assert_eq!(with(grafana, ["-H", &bearer]), "401");
    assert_eq!(with(grafana, ["-H", "authorization: Negotiate x"]), "401");
    assert_eq!(world.curl("other", &["-u", &login]), "000");
    if let Some(said) = world.flight("ours") {
        assert_eq!(said.lines().count(), 14, "{said}");
    }
}

#[test]
fn a_new_certificate_is_shown_to_flight_without_a_restart() {
    let world = world();
    let login = format!("ann:{PASSWORD}");
    assert_eq!(world.curl("ours", &["-u", &login]), "200");
    let folder = world.project.path("");
    let replace = |name: &str| {
        // As certbot does: a new file in the place of the old one.
        let (next, new) = (folder.join("next").join(name), folder.join("new"));
        std::fs::copy(next, &new).unwrap();
        std::fs::rename(&new, folder.join(name)).unwrap();
    };
    replace("server.pem");
    replace("server.key");
    until("the new certificate is not shown", || {
        world.curl("other", &["-u", &login]) == "200"
    });
    assert_eq!(world.curl("ours", &["-u", &login]), "000");
    // The other authority signs the server now, and ours still the clients.
    std::fs::copy(folder.join("ours.pem"), folder.join("kept.pem")).unwrap();
    std::fs::rename(folder.join("other.pem"), folder.join("servers.pem")).unwrap();
    std::fs::rename(folder.join("kept.pem"), folder.join("other.pem")).unwrap();
    assert!(Path::new(&folder.join("servers.pem")).exists());
    if let Some(said) = world.flight("servers") {
        assert_eq!(said.lines().count(), 14, "{said}");
    }
}
