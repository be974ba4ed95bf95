//! The packages of the workspace, and what cargo makes of them.

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the names of the packages that can be published.
pub(crate) fn published() -> Result<Vec<String>, Box<dyn Error>> {
    let output =
        Command::new("cargo").args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata has no packages")?;
    // `publish = false` is an empty list of registries.
    let public = packages.iter().filter(|package| package["publish"].is_null());
    Ok(public.filter_map(|package| package["name"].as_str().map(str::to_owned)).collect())
}

/// Has rustdoc describe the library of a package, with all features, and returns the file of JSON.
pub(crate) fn rustdoc_json(package: &str) -> Result<PathBuf, Box<dyn Error>> {
    let target = root().join("target/public-api");
    let status = Command::new("rustup")
        .args(["run", "nightly", "cargo", "rustdoc", "-q", "--lib", "--all-features", "-p", package, "--target-dir"])
        .arg(&target)
        .args(["--", "-Zunstable-options", "--output-format", "json"])
        .current_dir(root())
        .status()?;
    if !status.success() {
        return Err(format!("rustdoc fails for {package}: {status}").into());
    }
    Ok(target.join("doc").join(package.replace('-', "_") + ".json"))
}
