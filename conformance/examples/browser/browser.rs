//! The browser: where it is, and how it is started.

use std::{
    env, fs, io,
    path::PathBuf,
    process::{self, Child, Command, Stdio},
};

/// There is no browser, in words.
pub(crate) struct Missing(pub(crate) String);

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// The first browser on the path.
pub(crate) fn find() -> Result<PathBuf, Missing> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let candidates = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|program| program.is_file()).ok_or_else(|| {
        Missing(format!(
            "there is none of {} on the path: name one with --browser PROGRAM, or let --install get Debian's chromium",
            NAMES.join(", ")
        ))
    })
}

/// Gets Debian's chromium.
pub(crate) fn install() -> Result<(), Missing> {
    for arguments in [&["update"][..], &["install", "-y", "--no-install-recommends", "chromium"]] {
        let done = Command::new("apt-get").args(arguments).stdout(Stdio::null()).status();
        if !done.is_ok_and(|status| status.success()) {
            return Err(Missing(format!("apt-get {} has failed", arguments.join(" "))));
        }
    }
    Ok(())
}

/// A browser with a page. It ends when it is dropped.
pub(crate) struct Browser {
    child: Child,
    profile: PathBuf,
}

impl Browser {
    /// Opens a page, with a profile of its own and more arguments.
    pub(crate) fn open(program: &PathBuf, url: &str, arguments: &[&str]) -> io::Result<Self> {
        let profile = env::temp_dir().join(format!("sse-conformance-browser-{}", process::id()));
        fs::create_dir_all(&profile)?;
        let child = Command::new(program)
            .args(["--headless", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"])
            // Root has no sandbox, and the page is our own.
            .arg("--no-sandbox")
            // Nothing is asked of anybody but the page's server.
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .arg(format!("--user-data-dir={}", profile.display()))
            // The browser runs until its debugger tells it to stop, which nobody does.
            .arg("--remote-debugging-port=0")
            .args(arguments)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { child, profile })
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}
