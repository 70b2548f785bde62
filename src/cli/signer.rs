//! The key of a final release: found, opened, or made.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::context::{Context, variable};
use crate::git;
use crate::release::changes::Changes;
use crate::release::local::LocalRelease;
use crate::release::publish::FinalSigning;
use crate::signing::{self, AllowedSigners, GitSigning, KeyOptions, KeySource, Located, Signer};

/// Which key signs.
#[derive(Debug, clap::Args)]
pub(super) struct KeyArgs {
    /// Private key that signs the release (or a public one, when an agent holds the private one)
    #[arg(long, value_name = "KEY", value_hint = clap::ValueHint::FilePath)]
    pub(super) signing_key: Option<PathBuf>,
}

/// Signs final releases as the release's configuration says.
pub(super) struct FinalSigner<'a> {
    context: &'a Context<'a>,
    local: &'a LocalRelease,
    wanted: bool,
    located: Option<Located>,
    signer: Option<Signer>,
    /// The key that was made in this run.
    first_key: Option<PathBuf>,
    noted: bool,
}

impl<'a> FinalSigner<'a> {
    /// Finds and opens the key at once, so that a wrong one or a wrong passphrase does not cost a build.
    /// `is_final` says whether there will be anything to sign.
    pub(super) fn prepare(
        context: &'a Context<'a>,
        local: &'a LocalRelease,
        args: &KeyArgs,
        is_final: bool,
    ) -> Result<Self> {
        let environment = variable("BOSH_RELEASE_SIGNING_KEY").filter(|key| !key.is_empty());
        let configured =
            local.tool.signing.is_some() || args.signing_key.is_some() || environment.is_some();
        Self::found(context, local, args, is_final && configured)
    }

    /// A signer for a release that must be signed, whatever its configuration says.
    pub(super) fn required(
        context: &'a Context<'a>,
        local: &'a LocalRelease,
        args: &KeyArgs,
    ) -> Result<Self> {
        Self::found(context, local, args, true)
    }

    fn found(
        context: &'a Context<'a>,
        local: &'a LocalRelease,
        args: &KeyArgs,
        wanted: bool,
    ) -> Result<Self> {
        let mut signer = Self {
            context,
            local,
            wanted,
            located: None,
            signer: None,
            first_key: None,
            noted: false,
        };
        if wanted {
            match signing::locate(&key_options(context, local, args))? {
                Located::Key(source, _) => signer.open(&source)?,
                located @ Located::Create(_) => signer.located = Some(located),
            }
        }
        Ok(signer)
    }

    fn open(&mut self, source: &KeySource) -> Result<()> {
        let context = self.context;
        let signer = Signer::open(source, &mut |question| context.ask_passphrase(question))?;
        self.signer = Some(signer);
        Ok(())
    }

    /// Makes the first key and notes it among those who may sign. All of it is taken back unless `changes` are committed.
    fn make_key(&mut self, changes: &mut Changes) -> Result<()> {
        let Some(Located::Create(path)) = self.located.take() else {
            return Ok(());
        };
        let principal = principal(self.local);
        let root = self.local.directory.root();
        let list = self.allowed_signers();
        let touched = [
            path.clone(),
            with_suffix(&path, ".pub"),
            root.join(".gitignore"),
        ];
        for file in touched.iter().chain(&list) {
            changes.remember(file)?;
        }
        let public = signing::generate(&path, &principal).context("Making a signing key")?;
        self.first_key = Some(path.clone());
        if let Ok(inner) = path.strip_prefix(root) {
            git::ignore(root, inner)?;
        }
        if let Some(list) = &list {
            signing::add_allowed_signer(list, &principal, &public)?;
        }
        self.open(&KeySource::File(path))
    }

    fn allowed_signers(&self) -> Option<PathBuf> {
        let signing = self.local.tool.signing.as_ref()?;
        let list = signing.allowed_signers.as_ref()?;
        Some(self.local.directory.root().join(list))
    }

    /// One line when the key that signs is none that `verify-release` would accept.
    fn note_unknown_key(&self, signer: &Signer) {
        let Some(list) = self.allowed_signers() else {
            return;
        };
        let known =
            AllowedSigners::read(&list).is_ok_and(|allowed| allowed.names(signer.public_key()));
        if !known {
            self.context.ui.note(&format!(
                "The signing key {} is not in {}: `verify-release` will not accept the signature until it is added",
                signing::fingerprint(signer.public_key()),
                self.local.directory.shown(&list)
            ));
        }
    }
}

impl FinalSigning for FinalSigner<'_> {
    fn sign(&mut self, content: &mut dyn Read, changes: &mut Changes) -> Result<Option<String>> {
        if !self.wanted {
            return Ok(None);
        }
        self.make_key(changes)?;
        let signer = self.signer.as_ref().context("the signing key is open")?;
        Ok(Some(signer.sign(content).context("Signing the release")?))
    }

    fn tell(&mut self) {
        if !self.wanted {
            self.context.ui.note(
                "The release is not signed. To sign final releases, add to config/bosh-release.yml: \
                 signing: {format: ssh, key: config/signing_key, allowed_signers: config/allowed_signers}",
            );
        }
        if let Some(key) = &self.first_key {
            let directory = &self.local.directory;
            let list = self
                .local
                .tool
                .signing
                .as_ref()
                .and_then(|signing| signing.allowed_signers.as_ref());
            let noted =
                list.map(|list| format!(" and added it to {}; commit that file", list.display()));
            self.context.ui.note(&format!(
                "Made the signing key {} (mode 0600, ignored by git){}. Keep the key secret and keep a copy: later releases are signed with it",
                directory.shown(key),
                noted.unwrap_or_default()
            ));
        } else if let Some(signer) = self.signer.as_ref().filter(|_| !self.noted) {
            self.note_unknown_key(signer);
        }
        self.noted = true;
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Where keys are looked for.
pub(super) fn key_options(
    context: &Context<'_>,
    local: &LocalRelease,
    args: &KeyArgs,
) -> KeyOptions {
    let root = local.directory.root();
    let configured = local
        .tool
        .signing
        .as_ref()
        .and_then(|signing| signing.key.as_ref());
    KeyOptions {
        explicit: args.signing_key.as_ref().map(|key| context.absolute(key)),
        environment: variable("BOSH_RELEASE_SIGNING_KEY")
            .filter(|key| !key.is_empty())
            .map(|key| context.absolute(Path::new(&key))),
        configured: configured.map(|key| root.join(key)),
        git: Some(GitSigning {
            format: git::config(root, "gpg.format"),
            signing_key: git::config(root, "user.signingkey"),
            home: Some(context.home.clone()),
        }),
    }
}

/// Who signs, for `allowed_signers`: the git user, else the release.
fn principal(local: &LocalRelease) -> String {
    let email = git::config(local.directory.root(), "user.email");
    let usable = |text: &String| {
        !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "\"*?!,#".contains(c))
    };
    email.filter(usable).unwrap_or_else(|| {
        let name = local.config.name(&local.directory);
        name.map_or_else(|_| "release".to_owned(), |name| format!("{name}-release"))
    })
}
