//! `template-methods`.

use super::context::Context;
use crate::render::reference;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(context: &Context<'_>, _: &Args) {
    context.ui.block(reference::markdown().as_bytes());
}
