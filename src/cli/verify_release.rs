//! `verify-release TGZ [--allowed-signers FILE]`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::context::{Context, Dir, now};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::release::directory::ReleaseDirectory;
use crate::release::plain_file;
use crate::release::publish::signature_path;
use crate::release::tarball::MAX_SIGNATURE;
use crate::release::verify::{self, Findings};
use crate::signing::{self, AllowedSigners};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0 means: signed by somebody you trust (or, without --allowed-signers and a release directory that names them, \
not signed at all), and everything in it is what its manifest says.")]
pub(super) struct Args {
    /// Release tarball; its signature is the file of that name with .sig
    #[arg(value_name = "TGZ", value_hint = clap::ValueHint::FilePath)]
    path: PathBuf,
    /// Who may sign, in the format of ssh-keygen [default: the file that config/bosh-release.yml names]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    allowed_signers: Option<PathBuf>,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let allowed = allowed_signers(context, args)?;
    let temporary = ReleaseDirectory::new(&context.current, &context.home).temporary();
    let mut faults = Vec::new();
    // The signature first: it says something also about a tarball that cannot be read.
    let outer = check_outer(context, &args.path, allowed.as_ref(), &mut faults)?;
    let findings = match verify::contents(&args.path, &temporary) {
        Ok(findings) => findings,
        Err(error) if faults.is_empty() => return Err(error),
        Err(error) => {
            faults.push(Diagnostic::error(format!("{error:#}")));
            return Err(Diagnostics::from_list(faults)
                .err()
                .context("there are faults")?
                .into());
        }
    };
    let inner = check_inner(&findings, allowed.as_ref(), &mut faults);
    let damaged_outside = !faults.is_empty() && findings.faults.is_empty() && inner;
    if damaged_outside && outer {
        faults.push(Diagnostic::error(if findings.signature.is_some() {
            "Every member is what the manifest says, so the bytes that changed are those of the tarball around them"
        } else {
            "Every archive is what the manifest says; whether the manifest was changed cannot be told, since the tarball \
             has no 'release.MF.sig'"
        }));
    }
    for note in &findings.notes {
        context.ui.note(note);
    }
    faults.extend(findings.faults);
    Diagnostics::from_list(faults)?;
    context.ui.line(&format!(
        "{}/{}: {} archives are what the manifest says",
        findings.manifest.name, findings.manifest.version, findings.verified
    ));
    Ok(())
}

/// The list that was asked for, else the one that the release directory's configuration names.
fn allowed_signers(context: &Context<'_>, args: &Args) -> Result<Option<AllowedSigners>> {
    if let Some(path) = &args.allowed_signers {
        return Ok(Some(AllowedSigners::read(path)?));
    }
    let local = context.release(&args.dir)?;
    let configured = local
        .tool
        .signing
        .as_ref()
        .and_then(|signing| signing.allowed_signers.as_ref());
    let path = configured.map(|path| local.directory.root().join(path));
    match path.filter(|path| path.symlink_metadata().is_ok()) {
        Some(path) => Ok(Some(AllowedSigners::read(&path)?)),
        None => Ok(None),
    }
}

/// Checks `TGZ.sig`; says whether there is one.
fn check_outer(
    context: &Context<'_>,
    path: &Path,
    allowed: Option<&AllowedSigners>,
    faults: &mut Vec<Diagnostic>,
) -> Result<bool> {
    let file = signature_path(path);
    let signature = read_signature(&file)?;
    let Some(allowed) = allowed else {
        if signature.is_some() {
            bail!(
                "'{}' is there, but nothing says who may sign; give the list with --allowed-signers",
                file.display()
            );
        }
        context.ui.note("Signatures were not checked: give the list of those who may sign with --allowed-signers");
        return Ok(false);
    };
    let Some(signature) = signature else {
        let message = format!("There is no signature '{}'", file.display());
        faults.push(
            Diagnostic::error(message)
                .hint("put the .sig file beside the tarball, or sign it with `sign-release`"),
        );
        return Ok(false);
    };
    let mut content = plain_file::open(path)
        .with_context(|| format!("Opening release tarball '{}'", path.display()))?;
    match signing::verify(&signature, &mut content, allowed, now()) {
        Ok(verified) => context.ui.line(&format!(
            "Good signature of {} with the {} key {}",
            verified.principal, verified.key_type, verified.fingerprint
        )),
        Err(error) => {
            let mut fault = error.diagnostic();
            fault.message = format!("Signature '{}': {}", file.display(), fault.message);
            faults.push(fault);
        }
    }
    Ok(true)
}

/// The text of a detached signature; `None` when there is no such file.
fn read_signature(file: &Path) -> Result<Option<String>> {
    match plain_file::read(file, MAX_SIGNATURE) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("Reading signature '{}'", file.display())),
    }
}

/// Checks `release.MF.sig`; says whether it is there and good.
fn check_inner(
    findings: &Findings,
    allowed: Option<&AllowedSigners>,
    faults: &mut Vec<Diagnostic>,
) -> bool {
    let (Some(signature), Some(allowed)) = (&findings.signature, allowed) else {
        return findings.signature.is_none();
    };
    match signing::verify(
        signature,
        &mut findings.manifest_text.as_bytes(),
        allowed,
        now(),
    ) {
        Ok(_) => true,
        Err(error) => {
            let mut fault = error.diagnostic();
            fault.message = format!(
                "Signature 'release.MF.sig' in the tarball: {}",
                fault.message
            );
            faults.push(fault);
            false
        }
    }
}
