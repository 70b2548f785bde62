//! What a mistyped word was probably meant to be: for every "did you mean".
//!
//! Pure.

/// The nearest of `known` to a mistyped `name`, when one is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    known
        .into_iter()
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .filter(|(distance, candidate)| {
            let other = candidate.chars().count();
            *distance <= (length.max(other) / 3).max(1) && *distance < length.min(other)
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many characters must be inserted, removed, replaced, or swapped with the next one to make `right` of `left`.
fn edit_distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(200).collect();
    let right: Vec<char> = right.chars().take(200).collect();
    let first: Vec<usize> = (0..=right.len()).collect();
    let mut rows = vec![first];
    for (i, from) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in right.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(from != to);
            let mut least = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *from == right[j - 1] && left[i - 1] == *to {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_one_that_could_be_meant() {
        assert_eq!(nearest("rediss", ["redis", "nginx"]), Some("redis"));
        assert_eq!(nearest("redsi", ["redis", "nginx"]), Some("redis"));
        assert_eq!(nearest("kafka", ["redis", "nginx"]), None);
        assert_eq!(nearest("p", ["q"]), None);
        assert_eq!(
            nearest("dependencys", ["dependencies", "files"]),
            Some("dependencies")
        );
    }
}
