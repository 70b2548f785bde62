//! The lambdas that compiled templates stand on: at the head of the ERB, only those that are used.
//!
//! Each is a row: its name, one line for the reader of the ERB, its Ruby, and the rows it calls. They run on Ruby 2.6 and
//! later, with JSON, YAML and nothing else loaded. What does not exist is `:undefined`: values of a deployment have no symbols.

use std::collections::BTreeSet;

/// A lambda.
pub(super) struct Helper {
    pub(super) name: &'static str,
    /// What it does, in the words of the ERB's comment.
    pub(super) doc: &'static str,
    /// What is assigned to the name.
    pub(super) ruby: &'static str,
    /// The helpers it calls, all of which stand above it in the table.
    pub(super) needs: &'static [&'static str],
}

const fn row(
    name: &'static str,
    doc: &'static str,
    needs: &'static [&'static str],
    ruby: &'static str,
) -> Helper {
    Helper {
        name,
        doc,
        ruby,
        needs,
    }
}

/// All helpers, in an order in which each calls only those above it.
pub(super) const HELPERS: &[Helper] = &[
    row(
        "decimal",
        "a float with all its digits and no exponent",
        &[],
        "lambda do |number|
  mantissa, exponent = number.abs.to_s.split('e')
  integral, fraction = mantissa.split('.')
  fraction = '' if fraction == '0'
  shift = exponent.to_i
  if shift < 0
    integral, fraction = '0', integral.rjust(-shift, '0') + fraction
  else
    digits = fraction.ljust(shift, '0')
    integral, fraction = integral + digits[0, shift], digits[shift..-1]
  end
  sign = number < 0 || 1 / number < 0 ? '-' : ''
  fraction.empty? ? \"#{sign}#{integral}\" : \"#{sign}#{integral}.#{fraction}\"
end",
    ),
    row(
        "shortest",
        "a number as JSON writes it",
        &["decimal"],
        "lambda do |number|
  mantissa, exponent = number.to_s.split('e')
  return mantissa if exponent.nil?
  return \"#{mantissa.chomp('.0')}e#{'+' if exponent.to_i > 0}#{exponent.to_i}\" unless (-5..15).cover?(exponent.to_i)
  digits = decimal.(number)
  digits.include?('.') ? digits : \"#{digits}.0\"
end",
    ),
    row(
        "text",
        "a value as it is printed",
        &["decimal"],
        "lambda do |value|
  case value
  when Float then decimal.(value)
  when Array then \"[#{value.map { |item| text.(item) }.join(', ')}]\"
  when Hash then '[object]'
  else value.to_s
  end
end",
    ),
    row(
        "part",
        "a text or a number, to be put beside others",
        &["shortest"],
        "lambda do |value|
  return value if value.is_a?(String)
  raise TypeError, \"#{value.inspect} is neither a text nor a number\" unless value.is_a?(Numeric)
  shortest.(value)
end",
    ),
    row(
        "truthy",
        "whether a value counts as true: nothing, zero and what is empty do not",
        &[],
        "lambda { |value| ![nil, false, 0, '', [], {}].include?(value) }",
    ),
    row(
        "attempt",
        "a condition that cannot be told counts as false",
        &[],
        "lambda do |&condition|
  begin
    condition.call
  rescue StandardError
    false
  end
end",
    ),
    row(
        "seek",
        "what is in a value at some keys, or :undefined",
        &[],
        "lambda do |value, *keys|
  keys.inject(value) do |inside, key|
    next :undefined unless key.is_a?(String) || key.is_a?(Integer)
    index = inside.is_a?(Array) && key.to_s =~ /\\A(0|[1-9][0-9]{0,17})\\z/
    next inside.fetch(key.to_i, :undefined) if index
    inside.is_a?(Hash) ? inside.fetch(key.to_s, :undefined) : :undefined
  end
end",
    ),
    row(
        "dig",
        "what is in a value at some keys, or nil",
        &["seek"],
        "lambda do |value, *keys|
  found = seek.(value, *keys)
  found == :undefined ? nil : found
end",
    ),
    row(
        "find",
        "what is in a value at some keys, which has to be there",
        &["seek"],
        "lambda do |value, *keys|
  found = seek.(value, *keys)
  raise KeyError, \"Nothing is at #{keys.inspect}\" if found == :undefined
  found
end",
    ),
    row(
        "known",
        "a variable, which has to be set by now",
        &[],
        "lambda do |value, name|
  raise NameError, \"#{name} is not set\" if value == :undefined
  value
end",
    ),
    row(
        "present",
        "a field, which has to be set",
        &[],
        "lambda do |value, name|
  raise KeyError, \"#{name} is not set\" if value.nil?
  value
end",
    ),
    row(
        "linked",
        "whether a link is there",
        &[],
        "lambda do |name|
  found = false
  if_link(name) { found = true }
  found
end",
    ),
    row(
        "instances",
        "the instances of a link, as maps of what is set",
        &[],
        "lambda do |name|
  link(name).instances.map do |instance|
    fields = %w[name index id az address bootstrap properties]
    fields.map { |field| [field, instance.public_send(field)] }.to_h.compact
  end
end",
    ),
    row(
        "link_property",
        "a property of a link, which has to be set",
        &["seek"],
        "lambda do |name, *keys|
  found = seek.(link(name).properties, *keys)
  raise KeyError, \"The link #{name} has no property #{keys.join('.')}\" if found.nil? || found == :undefined
  found
end",
    ),
    row(
        "either",
        "a value, or another when there is none",
        &[],
        "lambda { |value, &other| value.nil? ? other.call : value }",
    ),
    row(
        "list",
        "a list, and nothing else",
        &[],
        "lambda do |value|
  raise TypeError, \"#{value.inspect} is not a list\" unless value.is_a?(Array)
  value
end",
    ),
    row(
        "map",
        "a map, and nothing else",
        &[],
        "lambda do |value|
  raise TypeError, \"#{value.inspect} is not a map\" unless value.is_a?(Hash)
  value
end",
    ),
    row(
        "string",
        "a text, and nothing else",
        &[],
        "lambda do |value|
  raise TypeError, \"#{value.inspect} is not a text\" unless value.is_a?(String)
  value
end",
    ),
    row(
        "flag",
        "true or false, and nothing else",
        &[],
        "lambda do |value|
  raise TypeError, \"#{value.inspect} is not true or false\" unless [true, false].include?(value)
  value
end",
    ),
    row(
        "integer",
        "a whole number of 64 bits, and nothing else",
        &[],
        "lambda do |value|
  raise TypeError, \"#{value.inspect} is not a whole number\" unless value.is_a?(Integer) && value.bit_length < 64
  value
end",
    ),
    row(
        "whole",
        "a whole number from zero, and nothing else",
        &["integer"],
        "lambda do |value|
  raise TypeError, \"#{value.inspect} is less than zero\" if integer.(value) < 0
  value
end",
    ),
    row(
        "number",
        "a number as a float, as which numbers are compared",
        &[],
        "lambda do |value|
  raise TypeError, \"#{value.inspect} is not a number\" unless value.is_a?(Numeric)
  value.to_f
end",
    ),
    row(
        "divisible",
        "whether one number divides another; zero divides none",
        &["number"],
        "lambda do |value, divisor|
  dividend = number.(value)
  number.(divisor) != 0 && dividend % number.(divisor) == 0
end",
    ),
    row(
        "equal",
        "whether two values are equal: numbers by size, all else by kind and content",
        &[],
        "lambda do |one, other|
  numbers = one.is_a?(Numeric) && other.is_a?(Numeric)
  numbers ? one.to_f == other.to_f : one.eql?(other)
end",
    ),
    row(
        "differ",
        "whether two values differ; a number and what is none cannot be compared, which gives false",
        &[],
        "lambda do |one, other|
  numbers = [one, other].count { |value| value.is_a?(Numeric) }
  next false if numbers == 1
  numbers == 2 ? one.to_f != other.to_f : !one.eql?(other)
end",
    ),
    row(
        "includes",
        "whether a list has an item, a text a part, a map a key",
        &["string"],
        "lambda do |container, item|
  case container
  when Array then container.any? { |other| other.eql?(item) }
  when String then container.include?(string.(item))
  when Hash then container.key?(string.(item))
  else raise TypeError, \"#{container.inspect} is not a list, a text or a map\"
  end
end",
    ),
    row(
        "arithmetic",
        "integers of 64 bits or else floats; :NaN is printed as NaN",
        &[],
        "lambda do |left, operator, right|
  both = [left, right]
  wrong = both.reject { |value| value.is_a?(Numeric) || value == :NaN }
  raise TypeError, \"#{wrong.first.inspect} is not a number\" unless wrong.empty?
  next :NaN if both.include?(:NaN)
  limits = [-2**63..2**63 - 1, 0..2**64 - 1].find { |these| both.all? { |value| value.is_a?(Integer) && these.cover?(value) } }
  if operator == :/
    result = left.to_f / right.to_f
    next :NaN unless result.finite?
    next result % 1 == 0 ? [[result.to_i, -2**63].max, 2**63 - 1].min : result
  end
  if limits
    result = operator == :% ? left.remainder(right) : left.public_send(operator, right)
    raise RangeError, \"#{left} #{operator} #{right} is out of bounds\" unless limits.cover?(result)
    next result
  end
  left, right = left.to_f, right.to_f
  next :NaN if operator == :% && right == 0
  result = left.public_send(operator, right) unless operator == :%
  result = (left < 0 || 1 / left < 0 ? -1.0 : 1.0) * (left.abs % right.abs) if operator == :%
  raise RangeError, \"#{left} #{operator} #{right} is out of bounds\" unless result.finite? || [:*, :%].include?(operator)
  result.finite? ? result : :NaN
end",
    ),
    row(
        "settled",
        "the result of a calculation as a value",
        &[],
        "lambda { |result| result == :NaN ? 'NaN' : result }",
    ),
    row(
        "lower",
        "lower case; of a capital sigma it depends on its place",
        &[],
        "lambda do |value|
  raise ArgumentError, 'the letter \\u03a3 has two lower cases' if value.include?(\"\\u03a3\")
  value.downcase
end",
    ),
    row(
        "capitalize",
        "the first letter in upper case, all others in lower case",
        &["lower"],
        "lambda { |value| value[0, 1].upcase + lower.(value[1..-1].to_s) }",
    ),
    row(
        "trim_start",
        "without white space at the start",
        &[],
        "lambda { |value| value.sub(/\\A[[:space:]]+/, '') }",
    ),
    row(
        "trim_end",
        "without white space at the end",
        &["string"],
        "lambda { |value| value[0, (string.(value).rindex(/[^[:space:]]/) || -1) + 1] }",
    ),
    row(
        "trim",
        "without white space around",
        &["trim_start", "trim_end"],
        "lambda { |value| trim_end.(trim_start.(value)) }",
    ),
    row(
        "unescape",
        "a pattern, in which \\n and \\t are line break and tab",
        &["string"],
        "lambda { |value| string.(value).gsub('\\n', \"\\n\").gsub('\\t', \"\\t\") }",
    ),
    row(
        "trim_start_matches",
        "without a pattern at the start, as often as it is there",
        &["string"],
        "lambda do |value, pattern|
  value = string.(value)
  value = value[pattern.length..-1] while !pattern.empty? && value.start_with?(pattern)
  value
end",
    ),
    row(
        "trim_end_matches",
        "without a pattern at the end, as often as it is there",
        &["string"],
        "lambda do |value, pattern|
  value = string.(value)
  value = value[0, value.length - pattern.length] while !pattern.empty? && value.end_with?(pattern)
  value
end",
    ),
    row(
        "split",
        "the parts of a text between a pattern",
        &["string"],
        "lambda do |value, pattern|
  next ['', *string.(value).chars, ''] if pattern.empty?
  next [''] if value == ''
  string.(value).split(Regexp.new(Regexp.escape(pattern)), -1)
end",
    ),
    row(
        "indent",
        "the lines of a text behind a prefix, without the last line break",
        &[],
        "lambda do |value, prefix = '    ', first = false, blank = false|
  lines = value.each_line.map { |line| line.sub(/\\r?\\n\\z/, '') }
  indented = lines.each_with_index.map do |line, index|
    wanted = index == 0 ? first : blank || line =~ /[^[:space:]]/
    wanted ? prefix + line : line
  end
  indented.join(\"\\n\")
end",
    ),
    row(
        "escape",
        "without the characters that HTML or XML would read",
        &[],
        "lambda do |value, quote, slash|
  escapes = { '&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '\"' => '&quot;', \"'\" => quote, '/' => slash }
  value.gsub(/[&<>\"'\\/]/) { |char| escapes[char] }
end",
    ),
    row(
        "percent",
        "bytes that a pattern does not take, as %XX",
        &[],
        "lambda do |value, plain|
  value.gsub(plain) { |char| char.bytes.map { |byte| format('%%%02X', byte) }.join }
end",
    ),
    row(
        "parse_float",
        "the float that a text says, or nothing",
        &[],
        "lambda do |text|
  match = /\\A([+-]?)([0-9]*)(?:\\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?\\z/.match(text)
  next nil if match.nil? || (match[2].empty? && match[3].to_s.empty?)
  \"#{match[1]}0#{match[2]}.#{match[3]}0e#{match[4] || 0}\".to_f
end",
    ),
    row(
        "int",
        "a whole number of 64 bits, from a text or a number",
        &["parse_float", "trim"],
        "lambda do |value, default = 0, base = 10|
  limit = lambda { |size| [[size.to_i, -2**63].max, 2**63 - 1].min }
  finite = lambda { |size| size.finite? ? limit.(size) : (size > 0 ? 2**63 - 1 : -2**63) }
  next limit.(value.to_f) if value.is_a?(Numeric)
  raise TypeError, \"#{value.inspect} is neither a text nor a number\" unless value.is_a?(String)
  value = trim.(value)
  prefix = { 2 => '0b', 8 => '0o', 16 => '0x' }[base]
  value = value[2..-1] while prefix && value.start_with?(prefix)
  digits = value.sub(/\\A[+-]/, '')
  valid = !digits.empty? && digits.each_char.all? { |char| char =~ /[0-9a-zA-Z]/ && char.to_i(36) < base }
  result = valid ? digits.to_i(base) * (value.start_with?('-') ? -1 : 1) : 2**64
  next result if (-2**63..2**63 - 1).cover?(result)
  parsed = parse_float.(value) if value.include?('.')
  parsed ? finite.(parsed) : default
end",
    ),
    row(
        "float",
        "a float, from a text or a number",
        &["parse_float", "trim"],
        "lambda do |value, default = 0.0|
  next value.to_f if value.is_a?(Numeric)
  raise TypeError, \"#{value.inspect} is neither a text nor a number\" unless value.is_a?(String)
  value = trim.(value)
  next nil if value =~ /\\A[+-]?(inf|infinity|nan)\\z/i
  parsed = parse_float.(value) || default.to_f
  parsed.finite? ? parsed : nil
end",
    ),
    row(
        "round",
        "a number with so many digits behind the point",
        &["number"],
        "lambda do |value, method = 'common', precision = 0|
  scale = 10.0**precision.abs
  scale = 1 / scale if precision < 0
  name = { 'common' => :round, 'ceil' => :ceil, 'floor' => :floor }.fetch(method)
  scaled = scale * number.(value)
  rounded = scaled.public_send(name).to_f
  (rounded == 0 && (scaled < 0 || 1 / scaled < 0) ? -0.0 : rounded) / scale
end",
    ),
    row(
        "pluralize",
        "the ending of a word for so many things",
        &["number"],
        "lambda do |value, plural = 's', singular = ''|
  (number.(value).abs - 1).abs > Float::EPSILON ? plural : singular
end",
    ),
    row(
        "json",
        "a value as JSON on one line",
        &["shortest"],
        "lambda do |value|
  case value
  when Hash then \"{#{value.map { |key, item| \"#{key.to_json}:#{json.(item)}\" }.join(',')}}\"
  when Array then \"[#{value.map { |item| json.(item) }.join(',')}]\"
  when Numeric then shortest.(value)
  else value.to_json
  end
end",
    ),
    row(
        "pretty_json",
        "a value as JSON on many lines",
        &["json"],
        "lambda do |value, margin = ''|
  inner = margin + '  '
  items = case value
          when Hash then value.map { |key, item| \"#{inner}#{key.to_json}: #{pretty_json.(item, inner)}\" }
          when Array then value.map { |item| inner + pretty_json.(item, inner) }
          else []
          end
  next json.(value) if items.empty?
  ends = value.is_a?(Hash) ? %w[{ }] : %w([ ])
  \"#{ends[0]}\\n#{items.join(\",\\n\")}\\n#{margin}#{ends[1]}\"
end",
    ),
    row(
        "yaml",
        "a list or a map as YAML, without the last line break",
        &[],
        "lambda do |value|
  raise TypeError, \"#{value.inspect} is neither a list nor a map: use json\" unless [Array, Hash].include?(value.class)
  value.to_yaml.sub(/\\A---[ \\n]/, '').chomp
end",
    ),
    row(
        "base64_decode",
        "the text of a base64",
        &[],
        "lambda do |value|
  decoded = value.unpack('m0').first.force_encoding('UTF-8')
  raise ArgumentError, 'the base64 is not a text' unless decoded.valid_encoding?
  decoded
end",
    ),
    row(
        "shell_quote",
        "one word for a shell",
        &["text"],
        "lambda do |value|
  word = text.(value)
  raise ArgumentError, 'a word for a shell cannot have a NUL' if word.include?(\"\\0\")
  \"'#{word.gsub(\"'\") { \"'\\\\''\" }}'\"
end",
    ),
    row(
        "redis_quote",
        "one argument for a line of redis.conf",
        &["text"],
        "lambda do |value|
  escaped = text.(value).gsub(/[^ !#-\\[\\]-~]/) do |char|
    char.bytes.map { |byte| format('\\x%02x', byte) }.join
  end
  \"\\\"#{escaped}\\\"\"
end",
    ),
    row(
        "first",
        "the first item of a list, or an empty text",
        &["list"],
        "lambda { |value| list.(value).fetch(0, '') }",
    ),
    row(
        "last",
        "the last item of a list, or an empty text",
        &["list"],
        "lambda { |value| list.(value).empty? ? '' : value.last }",
    ),
    row(
        "nth",
        "an item of a list, counted from 0, or an empty text",
        &["list"],
        "lambda { |value, n| list.(value).fetch(n, '') }",
    ),
    row(
        "join",
        "the items of a list in one text",
        &["list", "text"],
        "lambda { |value, separator = ''| list.(value).map { |item| text.(item) }.join(separator) }",
    ),
    row(
        "slice",
        "a part of a list; negative places count from the end",
        &["list", "number"],
        "lambda do |value, start = 0, stop = list.(value).length|
  size = list.(value).length
  from, to = [start, stop].map { |at| number.(at) < 0 ? [(size + at.to_f).to_i, 0].max : [at.to_f.to_i, size].min }
  from < to ? value[from...to] : []
end",
    ),
    row(
        "concat",
        "a list with the items of another, or with one more",
        &["list"],
        "lambda { |value, more| list.(value) + (more.is_a?(Array) ? more : [more]) }",
    ),
    row(
        "pluck",
        "what the items of a list have at some keys; those with nothing there are left out",
        &["list", "dig"],
        "lambda { |value, *keys| list.(value).map { |item| dig.(item, *keys) }.compact }",
    ),
    row(
        "select",
        "the items of a list with a value at some keys",
        &["list", "dig"],
        "lambda do |value, wanted = nil, *keys|
  list.(value).select do |item|
    found = dig.(item, *keys)
    wanted.nil? ? !found.nil? : found.eql?(wanted)
  end
end",
    ),
    row(
        "group_by",
        "the items of a list by what they have at some keys",
        &["list", "dig", "json"],
        "lambda do |value, *keys|
  list.(value).each_with_object({}) do |item, groups|
    found = dig.(item, *keys)
    next if found.nil?
    (groups[found.is_a?(String) ? found : json.(found)] ||= []).push(item)
  end
end",
    ),
    row(
        "sort",
        "a list in order: all numbers, all texts, all true or false, or all lists, by length",
        &["list", "find", "number"],
        "lambda do |value, *keys|
  found = list.(value).map { |item| find.(item, *keys) }
  order = lambda do |key|
    case found.first
    when Numeric then [number.(key), 1 / key.to_f]
    when String then key.is_a?(String) && [key]
    when true, false then [true, false].include?(key) && [key ? 1 : 0]
    when Array then key.is_a?(Array) && [key.length]
    end || raise(TypeError, \"#{key.inspect} cannot be sorted here\")
  end
  found.each_with_index.map { |key, index| [order.(key), index] }.sort.map { |_, index| value[index] }
end",
    ),
    row(
        "unique",
        "a list without what is there before",
        &["list", "seek", "lower"],
        "lambda do |value, cased = false, *keys|
  found = list.(value).map { |item| [seek.(item, *keys), item] }
  kinds = [[String], [true.class, false.class], [Integer]]
  kind = kinds.find { |classes| found.empty? || classes.include?(found.first.first.class) }
  raise TypeError, \"#{found.first.first.inspect} cannot be compared here\" if kind.nil?
  found.reject! { |key, _| key == :undefined }
  odd = found.find { |key, _| !kind.include?(key.class) || (key.is_a?(Integer) && key.bit_length > 63) }
  raise TypeError, \"#{odd.first.inspect} cannot be compared here\" if odd
  found.uniq { |key, _| key.is_a?(String) && !cased ? lower.(key) : key }.map(&:last)
end",
    ),
    row(
        "range",
        "whole numbers up to one",
        &[],
        "lambda do |stop, start = 0, step = 1|
  raise ArgumentError, \"a range from #{start} to #{stop} by #{step}\" if start > stop || step == 0
  (start...stop).step(step).to_a
end",
    ),
];

/// The row of that name.
pub(super) fn find(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().find(|helper| helper.name == name)
}

/// The rows of those names with all they stand on, in the order of the table.
pub(super) fn closure(names: &BTreeSet<&'static str>) -> Vec<&'static Helper> {
    let mut wanted = names.clone();
    for helper in HELPERS.iter().rev() {
        if wanted.contains(helper.name) {
            wanted.extend(helper.needs);
        }
    }
    HELPERS
        .iter()
        .filter(|helper| wanted.contains(helper.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lambdas share the variables around them: what one assigns must be no helper.
    #[test]
    fn helpers_keep_to_themselves() {
        for (place, helper) in HELPERS.iter().enumerate() {
            for assigned in helper
                .ruby
                .lines()
                .filter_map(|line| line.split_once(" = "))
            {
                for name in assigned.0.split(',').map(str::trim) {
                    assert!(find(name).is_none(), "{} assigns {name}", helper.name);
                }
            }
            for need in helper.needs {
                assert!(
                    HELPERS[..place].iter().any(|above| above.name == *need),
                    "{} needs {need}",
                    helper.name
                );
            }
        }
    }
}
