# Renders compiled templates in one process: a list of cases comes in as JSON, a list of outputs or errors goes out.
# What a template sees is made from the words of BOSH's documentation, not from its code.
require 'erb'
require 'json'
require 'ostruct'
require 'yaml'

# A link of a template: its instances, its properties, its address.
class Link
  attr_reader :instances, :properties, :address

  def initialize(data)
    @instances = data.fetch('instances', []).map { |fields| Instance.new(fields) }
    @properties = data['properties']
    @address = data['address']
  end

  def p(name, *default)
    value = name.split('.').inject(@properties) { |inside, key| inside && inside[key] }
    return value unless value.nil?
    return default.first unless default.empty?

    raise "Can't find property '#{name}'"
  end
end

# An instance of a link.
class Instance
  FIELDS = %w[name index id az address bootstrap properties].freeze

  FIELDS.each { |field| define_method(field) { @data[field] } }

  def initialize(data)
    @data = data
  end
end

# What `self` is in a template.
class Context
  attr_reader :spec

  def initialize(data)
    @properties = data.fetch('properties')
    @links = data.fetch('links')
    @spec = open(data.fetch('spec'))
  end

  def open(value)
    return value unless value.is_a?(Hash)

    OpenStruct.new(value.map { |key, item| [key, open(item)] }.to_h)
  end

  def p(name, *default)
    value = name.split('.').inject(@properties) { |inside, key| inside && inside[key] }
    return value unless value.nil?
    return default.first unless default.empty?

    raise "Can't find property '#{name}'"
  end

  def link(name)
    raise "Can't find link '#{name}'" unless @links.key?(name)

    Link.new(@links[name])
  end

  def if_link(name)
    yield link(name) if @links.key?(name)
  end

  def render(erb)
    # A template that leaves a method or an instance variable behind is noticed by `left_behind`.
    binding.instance_eval { eval(ERB.new(erb, trim_mode: '-').src) }
  end

  def left_behind
    instance_variables - %i[@properties @links @spec]
  end
end

$stdin.set_encoding('UTF-8')
before = Context.instance_methods(false) + Context.constants
outputs = JSON.parse($stdin.read).map do |data|
  context = Context.new(data)
  output = context.render(data.fetch('erb'))
  left = context.left_behind + (Context.instance_methods(false) + Context.constants - before)
  left.empty? ? { 'output' => output } : { 'error' => "left behind: #{left.inspect}" }
rescue ScriptError, StandardError => error
  { 'error' => "#{error.class}: #{error.message}", 'script' => error.is_a?(ScriptError) }
end
puts JSON.generate(outputs)
