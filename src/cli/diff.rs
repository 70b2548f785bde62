//! `diff OLD NEW`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};

use super::context::{Context, Dir, file_path};
use super::deployment::{DeploymentArgs, Half, MoreArgs, given_both, refuse_if_strict};
use super::interpolate::{OperationArgs, VariableArgs};
use super::render::world;
use super::side::{Place, Side, What, read_release, understand};
use crate::compare::{Comparison, html, json, release, text};
use crate::deployment::release_job::Release;
use crate::diagnostic::Diagnostics;
use crate::local::compare::{Asked, compare_deployments};
use crate::release::changes::Staged;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A side is a deployment manifest, or a release: a directory, a tarball, a version made in the release of --dir, or a git \
revision of it. REV:PATH is a manifest of a revision, with the release of that revision. Where a word can be two of them, write ./PATH, \
version:WORD or git:WORD.

Two manifests are rendered with the releases of --release, else with that in the working directory. Two releases are rendered \
with --manifest; without, their jobs, templates, packages and licenses are compared. Flags without old or new hold for both \
sides. NEW is planned as a redeploy of OLD: instances that stay keep ids, zones and addresses.

Values of variables in properties and env, generated ones too, show as <redacted>, in whatever form a file has them.

Exit code: 0 when nothing differs, 2 when something does, 1 when it cannot be told.

  bosh-release diff old.yml new.yml
  bosh-release diff redis.yml redis.yml --new-ops-file use-sentinel.yml --vars-store creds.yml
  bosh-release diff 1 2 --manifest manifests/redis.yml
  bosh-release diff HEAD~3 . --manifest manifests/redis.yml --html review.html
  bosh-release diff HEAD:manifests/redis.yml manifests/redis.yml
  bosh-release diff v1.tgz v2.tgz")]
pub(super) struct Args {
    /// What there is: a manifest, or a release as directory, tarball, version or git revision
    #[arg(value_name = "OLD", value_hint = clap::ValueHint::AnyPath)]
    old: String,
    /// What it is compared with
    #[arg(value_name = "NEW", value_hint = clap::ValueHint::AnyPath)]
    new: String,
    /// Render this manifest with both releases
    #[arg(short = 'm', long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    manifest: Option<String>,
    /// Also write a page for a browser; it needs nothing else
    #[arg(long, value_name = "FILE", value_parser = file_path, value_hint = clap::ValueHint::FilePath)]
    html: Option<PathBuf>,
    /// Show secrets
    #[arg(long)]
    no_redact: bool,
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    both: DeploymentArgs,
    #[command(flatten)]
    sides: SideArgs,
}

/// Flags of one side.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "One side alone")]
struct SideArgs {
    /// Apply the operations of a YAML file to OLD, behind those of -o
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    old_ops_file: Vec<String>,
    /// The same for NEW
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    new_ops_file: Vec<String>,
    /// Set a variable of OLD
    #[arg(long, value_name = "VAR=VALUE")]
    old_var: Vec<String>,
    /// Set a variable of NEW
    #[arg(long, value_name = "VAR=VALUE")]
    new_var: Vec<String>,
    /// Set a variable of OLD to the content of a file
    #[arg(long, value_name = "VAR=PATH")]
    old_var_file: Vec<String>,
    /// Set a variable of NEW to the content of a file
    #[arg(long, value_name = "VAR=PATH")]
    new_var_file: Vec<String>,
    /// Take variables of OLD from a YAML file
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    old_vars_file: Vec<String>,
    /// Take variables of NEW from a YAML file
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    new_vars_file: Vec<String>,
    /// A release of OLD
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    old_release: Vec<PathBuf>,
    /// A release of NEW
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    new_release: Vec<PathBuf>,
    /// The cloud-config of OLD
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    old_cloud_config: Option<PathBuf>,
    /// The cloud-config of NEW
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    new_cloud_config: Option<PathBuf>,
    /// A manifest that was deployed before OLD
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    old_deployed: Vec<PathBuf>,
    /// A manifest that was deployed before NEW
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    new_deployed: Vec<PathBuf>,
}

impl SideArgs {
    fn of_old(&self) -> MoreArgs {
        MoreArgs {
            releases: self.old_release.clone(),
            cloud_config: self.old_cloud_config.clone(),
            deployed: self.old_deployed.clone(),
            operations: OperationArgs::of(&self.old_ops_file),
            variables: VariableArgs::of(&self.old_var, &self.old_var_file, &self.old_vars_file),
        }
    }

    fn of_new(&self) -> MoreArgs {
        MoreArgs {
            releases: self.new_release.clone(),
            cloud_config: self.new_cloud_config.clone(),
            deployed: self.new_deployed.clone(),
            operations: OperationArgs::of(&self.new_ops_file),
            variables: VariableArgs::of(&self.new_var, &self.new_var_file, &self.new_vars_file),
        }
    }

    fn is_given(&self) -> bool {
        let lists = [
            &self.old_ops_file,
            &self.new_ops_file,
            &self.old_var,
            &self.new_var,
            &self.old_var_file,
            &self.new_var_file,
            &self.old_vars_file,
            &self.new_vars_file,
        ];
        lists.iter().any(|list| !list.is_empty())
    }
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let old = understand(context, &args.old, &args.dir).context("Reading OLD")?;
    let new = understand(context, &args.new, &args.dir).context("Reading NEW")?;
    let comparison = match (&old.what, &new.what, &args.manifest) {
        (What::Release(from), What::Release(to), None) => {
            releases(context, args, (&old, from), (&new, to))?
        }
        (What::Release(_), What::Release(_), Some(_))
        | (What::Manifest { .. }, What::Manifest { .. }, None) => {
            deployments(context, args, &old, &new)?
        }
        (What::Manifest { .. }, What::Manifest { .. }, Some(_)) => {
            bail!("--manifest is for two releases; OLD and NEW are manifests themselves")
        }
        _ => bail!(
            "{} is a manifest and {} is a release; compare two of a kind, releases with --manifest",
            if matches!(old.what, What::Manifest { .. }) {
                "OLD"
            } else {
                "NEW"
            },
            if matches!(old.what, What::Manifest { .. }) {
                "NEW"
            } else {
                "OLD"
            },
        ),
    };
    refuse_if_strict(&args.both, &comparison.absent_releases)?;
    tell(context, args, &comparison)
}

fn tell(context: &Context<'_>, args: &Args, comparison: &Comparison) -> Result<()> {
    if let Some(path) = &args.html {
        write_page(&context.absolute(path), comparison, args.no_redact)?;
    }
    context.ui.answer(&json::to_json(comparison));
    let text = text::to_text(comparison, context.ui.has_color());
    context.ui.block(text.as_bytes());
    if let [first, ..] = comparison.errors.as_slice() {
        bail!("{} cannot be rendered", first.side);
    }
    if !comparison.is_equal() {
        context.ui.differs();
    }
    Ok(())
}

/// Only its owner reads a page with secrets.
fn write_page(path: &Path, comparison: &Comparison, secrets: bool) -> Result<()> {
    let attempted = || format!("Writing '{}'", path.display());
    let mode = if secrets { 0o600 } else { 0o644 };
    let mut staged = Staged::create(path, mode).with_context(attempted)?;
    let page = html::to_html(comparison);
    let file = staged.file().with_context(attempted)?;
    file.write_all(page.as_bytes()).with_context(attempted)?;
    staged.persist().with_context(attempted)
}

fn releases(
    context: &Context<'_>,
    args: &Args,
    (old, from): (&Side, &Place),
    (new, to): (&Side, &Place),
) -> Result<Comparison> {
    if args.sides.is_given() {
        bail!("Flags of deployments need --manifest: both sides are releases");
    }
    let (before, old_note) = read_release(context, from, &args.dir)?;
    let (after, new_note) = read_release(context, to, &args.dir)?;
    let mut comparison = release::compare(&old.label, &before, &new.label, &after);
    comparison.notes.extend(notes(old, old_note));
    comparison.notes.extend(notes(new, new_note));
    Ok(comparison)
}

fn notes(side: &Side, why: Option<String>) -> Option<String> {
    let label = &side.label;
    why.map(|why| format!("Packages are not compared, those of {label} cannot be read: {why}"))
}

fn deployments(context: &Context<'_>, args: &Args, old: &Side, new: &Side) -> Result<Comparison> {
    let (more_old, more_new) = (args.sides.of_old(), args.sides.of_new());
    let (old_args, new_args) = (args.both.with(&more_old), args.both.with(&more_new));
    let mut known = Known::new();
    let old_read = read_releases(context, args, old, &old_args, &mut known)?;
    let new_read = read_releases(context, args, new, &new_args, &mut known)?;
    let half = |side: &'_ Side, read: &Read| -> (String, Vec<Release>) {
        let manifest = match &side.what {
            What::Manifest { path, .. } => Some(path.clone()),
            What::Release(_) => args.manifest.clone(),
        };
        (manifest.unwrap_or_default(), read.releases.clone())
    };
    let (old_manifest, old_releases) = half(old, &old_read);
    let (new_manifest, new_releases) = half(new, &new_read);
    let halves = [
        Half {
            manifest: &old_manifest,
            shown: shown(old, &old_manifest),
            args: &old_args,
            releases: old_releases,
        },
        Half {
            manifest: &new_manifest,
            shown: shown(new, &new_manifest),
            args: &new_args,
            releases: new_releases,
        },
    ];
    let mut given = given_both(context, halves)?;
    for (given, read) in given.iter_mut().zip([&old_read, &new_read]) {
        if let Some(name) = &read.own {
            given.take_any_version(name);
        }
    }
    let [old_given, new_given] = &given;
    let labels = (label(old, &more_old), label(new, &more_new));
    let compared = compare_deployments(
        Asked {
            label: &labels.0,
            request: old_given.request(),
        },
        Asked {
            label: &labels.1,
            request: new_given.request(),
        },
        !args.no_redact,
        &world(),
    );
    let mut comparison = compared.map_err(|side| match Diagnostics::from_list(side.faults) {
        Err(faults) => anyhow::Error::from(faults).context(format!("Planning {}", side.label)),
        Ok(()) => anyhow!("{} cannot be planned", side.label),
    })?;
    comparison.notes.extend(notes(old, old_read.note));
    comparison.notes.extend(notes(new, new_read.note));
    Ok(comparison)
}

/// A file of a revision lies in a temporary directory.
fn shown<'s>(side: &'s Side, path: &'s str) -> &'s str {
    match &side.what {
        What::Manifest { .. } => &side.text,
        What::Release(_) => path,
    }
}

/// Ops files of one side are part of what it is called: both may be of one manifest.
fn label(side: &Side, more: &MoreArgs) -> String {
    let files = more.operations.files().iter();
    files.fold(side.label.clone(), |label, file| {
        format!("{label} -o {file}")
    })
}

/// Releases that were read, with what is wrong with their packages: most are of both sides.
type Known = BTreeMap<PathBuf, (Release, Option<String>)>;

/// Releases of a side.
struct Read {
    releases: Vec<Release>,
    /// The name of the one that is the side itself.
    own: Option<String>,
    note: Option<String>,
}

/// The release that a side is or brings, and those of the flags but for others of its name.
fn read_releases(
    context: &Context<'_>,
    args: &Args,
    side: &Side,
    flags: &DeploymentArgs,
    known: &mut Known,
) -> Result<Read> {
    let of_revision = match &side.what {
        What::Manifest { release, .. } => release.clone().map(Place::Directory),
        What::Release(_) => None,
    };
    let own = match (&side.what, &of_revision) {
        (What::Release(place), _) | (_, Some(place)) => {
            Some(read_release(context, place, &args.dir)?)
        }
        _ => None,
    };
    let (own, mut note) = own.map_or((None, None), |(release, note)| (Some(release), note));
    let name = own.as_ref().map(|release| release.name.clone());
    let mut releases: Vec<Release> = own.into_iter().collect();
    let root = context.absolute(&args.dir.dir);
    let here = [root.clone()];
    let paths = match flags.releases() {
        [] if name.is_none() && root.join("config/final.yml").is_file() => &here[..],
        given => given,
    };
    for path in paths {
        let absolute = context.absolute(path);
        let place = if absolute.is_dir() {
            Place::Directory(absolute)
        } else {
            Place::Tarball(absolute)
        };
        let (release, why) = match known.get(path) {
            Some(found) => found.clone(),
            None => read_release(context, &place, &args.dir)?,
        };
        known.insert(path.clone(), (release.clone(), why.clone()));
        if name.as_ref() != Some(&release.name) {
            releases.push(release);
            note = note.or(why);
        }
    }
    Ok(Read {
        releases,
        own: name.filter(|_| matches!(side.what, What::Release(_))),
        note,
    })
}
