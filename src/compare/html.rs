//! A comparison as a page that needs nothing else: styles and script are in it, and no other place is asked for anything.
//!
//! It can be read without its script, which only adds search, filters and keys. Everything that is not written here is
//! escaped; a policy in the head forbids the rest.

use std::fmt::{self, Write as _};

use super::lines::{Hunk, Line, LineKind};
use super::text::{names, short};
use super::{
    Comparison, Fate, FileChange, FileContent, InstanceChange, JobChange, Kind, LinkChange,
    PackageChange, ReleaseChange, SideError, SpecChange, ValueChange,
};

const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// Files are open at first while all of them together have fewer lines than this.
const MOST_OPEN: usize = 600;

/// The page.
pub fn to_html(comparison: &Comparison) -> String {
    let mut page = Page {
        out: String::new(),
        open: lines(comparison) < MOST_OPEN,
    };
    page.whole(comparison);
    page.out
}

/// A text in HTML.
struct Text<'t>(&'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' => f.write_char(c)?,
                c if c.is_control() => write!(f, "\\x{:02x}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// How many lines of diffs there are.
fn lines(comparison: &Comparison) -> usize {
    let of_instances = comparison.instances.iter().flat_map(|change| &change.jobs);
    let of_releases = comparison.releases.iter().flat_map(|release| &release.jobs);
    let files = of_instances.flat_map(|job| &job.files);
    let files = files.chain(of_releases.flat_map(|job| &job.files));
    let hunks = files.filter_map(|file| match &file.content {
        FileContent::Text(hunks) => Some(hunks),
        FileContent::Binary(..) => None,
    });
    hunks.flatten().map(|hunk| hunk.lines.len()).sum()
}

struct Page {
    out: String,
    /// Whether files are open at first.
    open: bool,
}

/// Writing to a String cannot fail.
macro_rules! put {
    ($page:expr, $($argument:tt)*) => {{
        write!($page.out, $($argument)*).ok();
    }};
}

impl Page {
    fn whole(&mut self, comparison: &Comparison) {
        put!(
            self,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             script-src 'unsafe-inline'\">\n<title>{} → {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
            Text(&comparison.old),
            Text(&comparison.new),
        );
        self.head(comparison);
        self.tools(comparison);
        self.out.push_str("<main class=\"inner\">\n");
        comparison.errors.iter().for_each(|error| self.error(error));
        self.notes(comparison);
        if comparison.is_equal() && comparison.errors.is_empty() {
            self.out
                .push_str("<p class=\"equal-page\">Nothing differs.</p>\n");
        }
        if !comparison.deployment.is_empty() {
            self.out.push_str(
                "<section>\n<h2>Deployment</h2>\n<div class=\"card\"><div class=\"body\">\n",
            );
            self.values("", &comparison.deployment);
            self.out.push_str("</div></div>\n</section>\n");
        }
        if !comparison.releases.is_empty() {
            self.out.push_str("<section>\n<h2>Releases</h2>\n");
            comparison
                .releases
                .iter()
                .for_each(|release| self.release(release));
            self.out.push_str("</section>\n");
        }
        if !comparison.instances.is_empty() {
            self.out.push_str("<section>\n<h2>Instances</h2>\n");
            comparison
                .instances
                .iter()
                .for_each(|change| self.instances(change));
            self.out.push_str("</section>\n");
        }
        put!(
            self,
            "<footer class=\"script\" hidden>Keys: <kbd>/</kbd> search, <kbd>j</kbd> <kbd>k</kbd> next and previous, \
             <kbd>e</kbd> <kbd>c</kbd> expand and collapse all.</footer>\n</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
        );
    }

    fn head(&mut self, comparison: &Comparison) {
        let what = if comparison.of_deployments {
            "What would change"
        } else {
            "What differs"
        };
        put!(
            self,
            "<header>\n<div class=\"inner\">\n<h1>{what}</h1>\n<dl class=\"sides\"><dt>Old</dt><dd>{}</dd><dt>New</dt><dd>{}</dd></dl>\n\
             <p class=\"verdict\">{}</p>\n",
            Text(&comparison.old),
            Text(&comparison.new),
            Text(&verdict(comparison)),
        );
        if comparison.of_deployments {
            self.out.push_str("<ul class=\"chips\">\n");
            for fate in Fate::ALL {
                let count = comparison.count(fate);
                if count > 0 {
                    let (word, meaning) = (fate.word(), fate.meaning());
                    put!(
                        self,
                        "<li class=\"{word}\"><b>{count}</b> {word} <span class=\"vh\">({meaning})</span></li>\n"
                    );
                }
            }
            put!(
                self,
                "<li class=\"equal\"><b>{}</b> equal</li>\n</ul>\n",
                comparison.unchanged
            );
        }
        self.out.push_str("</div>\n</header>\n");
    }

    /// Hidden until the script is there.
    fn tools(&mut self, comparison: &Comparison) {
        self.out.push_str(
            "<nav class=\"tools\" aria-label=\"Search and filter\" hidden>\n<div class=\"inner\">\n\
             <input type=\"search\" placeholder=\"Search names, files, text (/)\" aria-label=\"Search\">\n",
        );
        if comparison.instances.len() > 1 {
            self.out.push_str("<span class=\"why\">Show</span>\n");
        }
        for fate in Fate::ALL {
            if comparison.count(fate) > 0 {
                let word = fate.word();
                put!(
                    self,
                    "<button type=\"button\" data-fate=\"{word}\" aria-pressed=\"true\">{word}</button>\n"
                );
            }
        }
        self.out.push_str(
            "<button type=\"button\" data-all=\"open\">Expand all</button>\n\
             <button type=\"button\" data-all=\"close\">Collapse all</button>\n<output aria-live=\"polite\"></output>\n</div>\n</nav>\n",
        );
    }

    fn error(&mut self, error: &SideError) {
        put!(
            self,
            "<div class=\"card error\" role=\"alert\"><strong>{} cannot be rendered.</strong> What could be rendered is compared \
             below.<pre class=\"mono\">{}</pre></div>\n",
            Text(&error.side),
            Text(&error.text),
        );
    }

    fn notes(&mut self, comparison: &Comparison) {
        let absent = comparison.absent_releases.iter();
        let absent =
            absent.map(|name| format!("Release '{name}' is not at hand; its jobs are left out."));
        let notes: Vec<String> = absent.chain(comparison.notes.iter().cloned()).collect();
        if notes.is_empty() {
            return;
        }
        self.out.push_str("<ul class=\"notes\">\n");
        for note in notes {
            put!(self, "<li>{}</li>\n", Text(&note));
        }
        self.out.push_str("</ul>\n");
    }

    fn instances(&mut self, change: &InstanceChange) {
        let fate = change.fate.word();
        put!(
            self,
            "<details class=\"card {fate}\" data-fate=\"{fate}\" open>\n<summary><span class=\"tag\">{fate}</span> \
             <span class=\"names\">{}</span> <span class=\"why\">{}",
            Text(&names(&change.names)),
            change.fate.meaning(),
        );
        if !change.reasons.is_empty() {
            put!(self, " because of: {}", Text(&change.reasons.join(", ")));
        }
        self.out
            .push_str("</span></summary>\n<div class=\"body\">\n");
        let comes_or_goes = matches!(change.fate, Fate::New | Fate::Deleted);
        if !comes_or_goes && change.names.join(", ") != names(&change.names) {
            self.list("All instances", change.names.iter().map(String::as_str));
        }
        if !change.rendered {
            self.out.push_str(
                "<p class=\"nothing\">Files are not compared: a side cannot be rendered.</p>\n",
            );
        }
        if comes_or_goes {
            let place = |value: &ValueChange| {
                let place = value.new.as_ref().or(value.old.as_ref());
                format!("{} {}", value.path, place.cloned().unwrap_or_default())
            };
            let places: Vec<String> = change.placement.iter().map(place).collect();
            self.list("Placement", places.iter().map(String::as_str));
        } else {
            self.values("Placement", &change.placement);
        }
        change.jobs.iter().for_each(|job| self.job(job));
        self.packages(&change.packages);
        self.out.push_str("</div>\n</details>\n");
    }

    fn list<'t>(&mut self, title: &str, items: impl Iterator<Item = &'t str>) {
        put!(self, "<h3>{title}</h3>\n<ul class=\"list\">\n");
        for item in items {
            put!(self, "<li>{}</li>\n", Text(item));
        }
        self.out.push_str("</ul>\n");
    }

    fn values(&mut self, title: &str, values: &[ValueChange]) {
        if values.is_empty() {
            return;
        }
        if !title.is_empty() {
            put!(self, "<h3>{title}</h3>\n");
        }
        self.out.push_str(
            "<div class=\"scroll\"><table class=\"values\"><thead><tr><th scope=\"col\">What</th><th scope=\"col\">Old</th>\
             <th scope=\"col\">New</th></tr></thead>\n<tbody>\n",
        );
        for value in values {
            put!(self, "<tr><th scope=\"row\">{}</th>", Text(&value.path));
            self.value("old", value.old.as_deref(), false);
            self.value("now", value.new.as_deref(), value.secret_changed);
            self.out.push_str("</tr>\n");
        }
        self.out.push_str("</tbody></table></div>\n");
    }

    fn value(&mut self, class: &str, value: Option<&str>, secret: bool) {
        match value {
            Some(value) => put!(self, "<td class=\"{class}\">{}", Text(value)),
            None => put!(self, "<td><span class=\"nothing\">none</span>"),
        }
        if secret {
            self.out
                .push_str(" <span class=\"secret\">redacted value changed</span>");
        }
        self.out.push_str("</td>");
    }

    fn job(&mut self, job: &JobChange) {
        let versions = [job.release.as_ref(), job.fingerprint.as_ref()];
        self.job_head(&job.name, job.kind, &versions);
        self.values("Properties", &job.properties);
        if !job.links.is_empty() {
            self.out.push_str("<h3>Links</h3>\n");
            job.links.iter().for_each(|link| self.link(link));
        }
        self.files(&job.files, job.kind);
        self.out.push_str("</div>\n</details>\n");
    }

    fn job_head(&mut self, name: &str, kind: Kind, versions: &[Option<&(String, String)>]) {
        put!(
            self,
            "<details class=\"job {0}\" open>\n<summary>job {1}",
            kind.word(),
            Text(name)
        );
        if kind != Kind::Changed {
            put!(self, " <span class=\"tag\">{}</span>", kind.word());
        }
        for (old, new) in versions.iter().flatten() {
            self.out.push_str(" <code class=\"why\">");
            self.versions(old, new);
            self.out.push_str("</code>");
        }
        self.out.push_str("</summary>\n<div class=\"inside\">\n");
    }

    fn versions(&mut self, old: &str, new: &str) {
        // Versions are short; fingerprints are cut.
        let shown = |text: &str| {
            if text.contains(' ') {
                text.to_owned()
            } else {
                short(text)
            }
        };
        match (old.is_empty(), new.is_empty()) {
            (true, _) => put!(self, "{}", Text(&shown(new))),
            (_, true) => put!(self, "{}", Text(&shown(old))),
            _ => put!(self, "{} → {}", Text(&shown(old)), Text(&shown(new))),
        }
    }

    fn link(&mut self, link: &LinkChange) {
        put!(self, "<p><code>{}</code> ", Text(&link.name));
        if link.kind != Kind::Changed {
            let word = link.kind.word();
            put!(self, "<span class=\"tag {word}\">{word}</span> ");
        }
        match (&link.old, &link.new) {
            (Some(old), Some(new)) if old != new => put!(
                self,
                "from <s class=\"mono\">{}</s> <span class=\"mono\">{}</span>",
                Text(old),
                Text(new)
            ),
            (_, Some(who)) | (Some(who), None) => {
                put!(self, "from <span class=\"mono\">{}</span>", Text(who));
            }
            (None, None) => {}
        }
        self.out.push_str("</p>\n");
        self.values("", &link.values);
    }

    /// Of what comes or goes as a whole the names are enough.
    fn files(&mut self, files: &[FileChange], of: Kind) {
        if files.is_empty() {
            return;
        }
        let bare = |file: &FileChange| match &file.content {
            FileContent::Text(hunks) => hunks.is_empty() && file.modes.is_none(),
            FileContent::Binary(..) => false,
        };
        if of != Kind::Changed && files.iter().all(bare) {
            self.list("Files", files.iter().map(|file| file.path.as_str()));
            return;
        }
        self.out.push_str("<h3>Files</h3>\n");
        for file in files {
            self.file(file, of == Kind::Changed && self.open);
        }
    }

    fn file(&mut self, file: &FileChange, open: bool) {
        put!(
            self,
            "<details class=\"file {}\"{}>\n<summary>{}",
            file.kind.word(),
            if open { " open" } else { "" },
            Text(&file.path)
        );
        if file.kind != Kind::Changed {
            put!(self, " <span class=\"tag\">{}</span>", file.kind.word());
        }
        if let Some((old, new)) = file.modes {
            put!(self, " <span class=\"why\">mode {old} → {new}</span>");
        }
        match &file.content {
            FileContent::Binary(old, new) => put!(
                self,
                " <span class=\"why\">no text: {old} → {new} bytes</span></summary>\n"
            ),
            FileContent::Text(hunks) => {
                self.counts(hunks);
                self.out.push_str("</summary>\n");
                self.diff(&file.path, hunks);
            }
        }
        self.out.push_str("</details>\n");
    }

    fn counts(&mut self, hunks: &[Hunk]) {
        let count = |kind: LineKind| {
            let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
            lines.filter(|line| line.kind == kind).count()
        };
        let (come, gone) = (count(LineKind::Added), count(LineKind::Removed));
        if come + gone > 0 {
            put!(self, " <span class=\"why\">+{come} −{gone}</span>");
        }
    }

    fn diff(&mut self, path: &str, hunks: &[Hunk]) {
        if hunks.is_empty() {
            return;
        }
        put!(
            self,
            "<div class=\"scroll\"><table class=\"diff\"><caption class=\"vh\">{}</caption>\n",
            Text(path)
        );
        for hunk in hunks {
            put!(
                self,
                "<tr class=\"hunk\"><td colspan=\"4\">@@ -{},{} +{},{} @@</td></tr>\n",
                hunk.old_start,
                hunk.old_count,
                hunk.new_start,
                hunk.new_count
            );
            let (mut old, mut new) = (hunk.old_start, hunk.new_start);
            for line in &hunk.lines {
                let is_old = line.kind != LineKind::Added;
                let is_new = line.kind != LineKind::Removed;
                self.line(line, is_old.then_some(old), is_new.then_some(new));
                old += usize::from(is_old);
                new += usize::from(is_new);
            }
        }
        self.out.push_str("</table></div>\n");
    }

    fn line(&mut self, line: &Line, old: Option<usize>, new: Option<usize>) {
        let class = match line.kind {
            LineKind::Same => "",
            LineKind::Removed => " class=\"gone\"",
            LineKind::Added => " class=\"come\"",
        };
        let number = |number: Option<usize>| number.map(|number| number.to_string());
        put!(
            self,
            "<tr{class}><td class=\"n first\">{}</td><td class=\"n\">{}</td><td class=\"s\">{}</td><td>",
            number(old).unwrap_or_default(),
            number(new).unwrap_or_default(),
            line.kind.sign(),
        );
        for part in &line.parts {
            if part.changed {
                put!(self, "<mark>{}</mark>", Text(&part.text));
            } else {
                put!(self, "{}", Text(&part.text));
            }
        }
        if line.secret_changed {
            self.out
                .push_str(" <span class=\"secret\">redacted value changed</span>");
        }
        if line.ends_text {
            self.out
                .push_str(" <span class=\"nothing\">no line break at the end</span>");
        }
        self.out.push_str("</td></tr>\n");
    }

    fn packages(&mut self, packages: &[PackageChange]) {
        if packages.is_empty() {
            return;
        }
        self.out.push_str("<h3>Packages</h3>\n");
        let values: Vec<ValueChange> = packages.iter().map(package).collect();
        self.values("", &values);
    }

    fn release(&mut self, release: &ReleaseChange) {
        put!(
            self,
            "<details class=\"card changed\" open>\n<summary><span class=\"names\">{}</span> <code>",
            Text(&release.name)
        );
        let version = |version: &Option<String>| version.clone().unwrap_or_default();
        let (old, new) = (version(&release.old), version(&release.new));
        if old == new {
            put!(self, "{}", Text(&new));
        } else {
            let none = |text: String| {
                if text.is_empty() {
                    "none".to_owned()
                } else {
                    text
                }
            };
            put!(self, "{} → {}", Text(&none(old)), Text(&none(new)));
        }
        self.out
            .push_str("</code></summary>\n<div class=\"body\">\n");
        release.jobs.iter().for_each(|job| self.spec(job));
        self.packages(&release.packages);
        if let Some(license) = &release.license {
            let license = ValueChange {
                old: license.old.as_deref().map(short),
                new: license.new.as_deref().map(short),
                ..license.clone()
            };
            self.values("License", &[license]);
        }
        self.out.push_str("</div>\n</details>\n");
    }

    fn spec(&mut self, job: &SpecChange) {
        self.job_head(&job.name, job.kind, &[job.fingerprint.as_ref()]);
        self.values("Properties", &job.properties);
        self.values("Links", &job.links);
        self.values("Packages and templates", &job.others);
        self.files(&job.files, job.kind);
        self.out.push_str("</div>\n</details>\n");
    }
}

/// How much was compared; what becomes of it is told beside.
fn verdict(comparison: &Comparison) -> String {
    if !comparison.of_deployments {
        return comparison.summary();
    }
    let changed: usize = Fate::ALL.iter().map(|fate| comparison.count(*fate)).sum();
    match changed + comparison.unchanged {
        1 => "1 instance".to_owned(),
        all => format!("{all} instances"),
    }
}

fn package(package: &PackageChange) -> ValueChange {
    let note = if package.dependencies.is_empty() {
        String::new()
    } else {
        format!(
            " (compiled anew: {} differs)",
            package.dependencies.join(", ")
        )
    };
    let new = package.new.as_deref().map(short);
    ValueChange {
        path: package.name.clone(),
        old: package.old.as_deref().map(short),
        new: new.map(|new| format!("{new}{note}")),
        secret_changed: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::lines::hunks;
    use crate::compare::mask::Masker;

    const HOSTILE: &str = "</script><script>alert(\"1\")</script>'&\u{1b}[2J";

    fn hostile() -> Comparison {
        let text = || HOSTILE.to_owned();
        let pair = || Some((text(), text()));
        let value = |secret_changed| ValueChange {
            path: text(),
            old: Some(text()),
            new: Some(text()),
            secret_changed,
        };
        let file = |kind, content| FileChange {
            path: text(),
            kind,
            modes: Some(("0640", "0750")),
            content,
        };
        let diff = hunks(&format!("a\n{HOSTILE}"), "a\nb\n", &Masker::default());
        let files = vec![
            file(Kind::Changed, FileContent::Text(diff)),
            file(Kind::Added, FileContent::Binary(0, 7)),
        ];
        let package = PackageChange {
            name: text(),
            old: Some(text()),
            new: None,
            dependencies: vec![text()],
        };
        let link = LinkChange {
            name: text(),
            kind: Kind::Changed,
            old: Some(text()),
            new: Some(format!("other {HOSTILE}")),
            values: vec![value(false)],
        };
        let job = |kind| JobChange {
            name: text(),
            kind,
            release: pair(),
            fingerprint: pair(),
            properties: vec![value(true)],
            links: vec![link.clone()],
            files: files.clone(),
        };
        let instances = Fate::ALL.into_iter().map(|fate| InstanceChange {
            names: vec![text(); 14],
            fate,
            reasons: vec![text()],
            placement: vec![value(false)],
            jobs: vec![job(Kind::Changed), job(Kind::Removed)],
            packages: vec![package.clone()],
            rendered: false,
        });
        Comparison {
            old: text(),
            new: text(),
            of_deployments: true,
            deployment: vec![value(true)],
            releases: vec![ReleaseChange {
                name: text(),
                old: None,
                new: Some(text()),
                jobs: vec![SpecChange {
                    name: text(),
                    kind: Kind::Added,
                    fingerprint: pair(),
                    properties: vec![value(false)],
                    links: vec![value(false)],
                    others: vec![value(false)],
                    files: files.clone(),
                }],
                packages: vec![package.clone()],
                license: Some(value(false)),
            }],
            instances: instances.collect(),
            unchanged: 1,
            errors: vec![SideError {
                side: text(),
                text: text(),
            }],
            absent_releases: vec![text()],
            notes: vec![text()],
        }
    }

    /// Names of the tags of a page, closing ones with `/`; styles and scripts are passed over.
    fn tags(page: &str) -> Vec<&str> {
        let mut tags = Vec::new();
        let mut rest = page;
        while let Some((_, tail)) = rest.split_once('<') {
            let (tag, tail) = tail.split_once('>').unwrap();
            let name = tag.split_whitespace().next().unwrap();
            tags.push(name);
            rest = tail;
            if ["style", "script"].contains(&name) {
                let end = tail.find(&format!("</{name}>")).unwrap();
                rest = &tail[end..];
            }
        }
        tags
    }

    #[test]
    fn every_element_ends_and_nothing_comes_in() {
        let page = to_html(&hostile());
        let mut open = Vec::new();
        for tag in tags(&page) {
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None if ["!doctype", "meta", "input"].contains(&tag) => {}
                None => open.push(tag),
            }
        }
        assert!(open.is_empty(), "{open:?}");
        assert_eq!(page.matches("<script").count(), 1);
        assert!(!page.contains("alert(\""));
        assert!(!page.contains('\u{1b}'));
        for outside in ["http:", "https:", "src=", "url(", "@import", "href="] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn an_equal_pair_is_a_page_too() {
        let page = to_html(&Comparison::default());
        assert!(page.contains("Nothing differs"));
    }
}
