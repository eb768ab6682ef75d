#include "ledger/record_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "base/error.hpp"

namespace lenswright {

namespace {

constexpr std::string_view kHead = "lenswright records 1";
constexpr std::string_view kChecksum = "checksum\t";
constexpr std::size_t kDigestDigits = 32;
constexpr std::size_t kSealSize = kChecksum.size() + kDigestDigits + 1;
constexpr std::uint64_t kAnySize = std::uint64_t{1} << 63;
constexpr std::uint64_t kAnyInt = std::uint64_t{1} << 31;
constexpr std::uint64_t kMostBytes = std::uint64_t{1}
                                     << 32;  // places are kept in 32 bits: 16 million products
// Of what is read again from a text that has been held against its checksum.
const std::filesystem::path kNowhere;

bool plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool plain_parts(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::string_view path_of(std::string_view product) {
  return product.substr(product.find('/') + 1);
}

// A file is written as what follows the product's own path: nothing for the one file of a plane.
std::string_view below_product(std::string_view product, std::string_view file) {
  return file.substr(path_of(product).size());
}

void add_inputs(std::string& text, const std::vector<ReceiptInput>& inputs) {
  for (const ReceiptInput& input : inputs)
    fmt::format_to(std::back_inserter(text), "\t{}\t{}\n", input.digest.hex(), input.name);
}

void add_files(std::string& text, const ProductRecord& record) {
  for (const ReceiptFile& file : record.files)
    fmt::format_to(std::back_inserter(text), "\t{}\t{}\t{}\n", file.digest.hex(), file.size,
                   below_product(record.product, file.path));
}

std::string receipt_line(const KnownRecord& record) {
  return fmt::format("receipt\t{}\t{}\t{}\t{}\n", record.finished, record.numerics, record.code_version,
                     record.receipt);
}

// Reads the lines of a text one after the other, and the words of each.
class Lines {
 public:
  Lines(const std::filesystem::path& path, std::string_view text) : path_(path), text_(text) {}
  bool more() const { return at_ < text_.size(); }
  std::size_t offset() const { return at_; }
  // Whether the next line belongs to the one before.
  bool indented() const { return more() && text_[at_] == '\t'; }
  void next() {
    const std::size_t end = text_.find('\n', at_);
    if (end == std::string_view::npos) fail("a whole line");
    line_ = text_.substr(at_, end - at_);
    at_ = end + 1;
  }
  std::string_view word() {
    const std::size_t tab = line_.find('\t');
    const std::string_view found = line_.substr(0, tab);
    line_.remove_prefix(tab == std::string_view::npos ? line_.size() : tab + 1);
    return found;
  }
  std::string_view rest() const { return line_; }
  // The same one often follows itself.
  Digest digest() {
    const std::string_view hex = word();
    if (hex.empty() || hex != hex_) {
      const std::optional<Digest> found = Digest::from_hex(hex);
      if (!found) fail("a digest");
      digest_ = *found;
      hex_ = hex;
    }
    return digest_;
  }
  std::uint64_t number(std::uint64_t below) {
    const std::string_view text = word();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value >= below) fail("a number");
    return value;
  }
  // The next line, of a product's file; its path is what follows the product's.
  ReceiptFile file() {
    next();
    word();
    ReceiptFile file;
    file.digest = digest();
    file.size = number(kAnySize);
    file.path = rest();
    return file;
  }
  void expect(std::string_view wanted) {
    if (word() != wanted) fail(fmt::format("\"{}\"", wanted));
  }
  [[noreturn]] void fail(const std::string& expected) const {
    throw FormatError(path_, at_, expected, "something else: the record file is damaged");
  }

 private:
  const std::filesystem::path& path_;
  std::string_view text_, line_;
  std::size_t at_ = 0;
  std::string_view hex_;  // of digest_
  Digest digest_;
};

}  // namespace

bool newer(const KnownRecord& a, const KnownRecord& b) {
  return std::tie(a.finished, a.receipt) > std::tie(b.finished, b.receipt);
}

std::filesystem::path records_folder(const Campaign& campaign) {
  return campaign.state / "records";
}

std::string record_group(std::string_view product) {
  const std::size_t stage = product.find('/');
  if (stage == std::string_view::npos) return {};
  const std::size_t model = product.find('/', stage + 1);
  if (model == std::string_view::npos || !plain(product) || !plain_parts(product)) return {};
  return fmt::format("{}-{}", product.substr(0, stage), product.substr(stage + 1, model - stage - 1));
}

std::string record_file_name(std::string_view group) {
  return fmt::format("{}.records", group);
}

bool can_be_recorded(const ProductRecord& record) {
  if (record_group(record.product).empty()) return false;
  const std::string_view own = path_of(record.product);
  for (const ReceiptFile& file : record.files) {
    if (!plain(file.path) || !plain_parts(file.path) || file.size >= kAnySize) return false;
    const std::string_view path = file.path;
    if (path != own && !(path.starts_with(own) && path[own.size()] == '/')) return false;
  }
  return std::all_of(record.inputs.begin(), record.inputs.end(),
                     [](const ReceiptInput& input) { return plain(input.name); });
}

std::string canonical_text(const KnownRecord& record) {
  std::string text = receipt_line(record);
  fmt::format_to(std::back_inserter(text), "product\t{}\t{}\n", record.record.product,
                 record.record.configuration.hex());
  add_files(text, record.record);
  text += "inputs\n";
  add_inputs(text, record.record.inputs);
  return text;
}

std::string encode_records(const std::string& campaign, const std::string& group,
                           const std::vector<KnownRecord>& records) {
  std::string text = fmt::format("{}\t{}\t{}\n", kHead, campaign, group), products;
  std::map<std::string, std::size_t, std::less<>> receipts, inputs;
  for (const KnownRecord& known : records) {
    const auto [receipt, new_receipt] = receipts.try_emplace(receipt_line(known), receipts.size());
    if (new_receipt) text += receipt->first;
    std::string list = "inputs\n";
    add_inputs(list, known.record.inputs);
    const auto [set, new_set] = inputs.try_emplace(std::move(list), inputs.size());
    if (new_set) text += set->first;
    fmt::format_to(std::back_inserter(products), "product\t{}\t{}\t{}\t{}\n", known.record.product,
                   known.record.configuration.hex(), receipt->second, set->second);
    add_files(products, known.record);
  }
  text += products;
  fmt::format_to(std::back_inserter(text), "{}{}\n", kChecksum, digest_of(text).hex());
  return text;
}

RecordFile::RecordFile(const std::filesystem::path& path, std::string text, const std::string& campaign)
    : text_(std::move(text)) {
  if (text_.size() < kSealSize)
    throw FormatError(path, text_.size(), "a last line with the checksum", "none: the record file is torn");
  if (text_.size() >= kMostBytes)
    throw FormatError(path, kMostBytes, "less than 4 GiB of records of one model", "more");
  const std::string_view body(text_.data(), text_.size() - kSealSize);
  if (!std::string_view(text_).ends_with(fmt::format("{}{}\n", kChecksum, digest_of(body).hex())))
    throw FormatError(path, body.size(), "the checksum of what stands before",
                      "another one: the record file is damaged");
  Lines lines(path, body);
  lines.next();
  lines.expect(kHead);
  if (const std::string_view found = lines.word(); found != campaign)
    throw FormatError(path, 0, fmt::format("records of campaign \"{}\"", campaign),
                      fmt::format("of \"{}\"", found));
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> configurations;
  std::string_view last;
  while (lines.more()) {
    lines.next();
    const std::string_view kind = lines.word();
    if (kind == "receipt") {
      ReceiptFacts facts;
      facts.finished = lines.word();
      facts.numerics = static_cast<int>(lines.number(kAnyInt));
      facts.code_version = lines.word();
      facts.name = lines.word();
      receipts_.push_back(facts);
    } else if (kind == "inputs") {
      inputs_.push_back(static_cast<std::uint32_t>(lines.offset()));
      while (lines.indented()) lines.next();
    } else if (kind == "product") {
      const std::string_view name = lines.word();
      if (name <= last) lines.fail("products in the order of their names");
      last = name;
      Place place;
      place.name = static_cast<std::uint32_t>(name.data() - text_.data());
      const Digest configuration = lines.digest();
      const auto [known, is_new] = configurations.try_emplace(
          {configuration.high, configuration.low}, static_cast<std::uint32_t>(configurations_.size()));
      if (is_new) configurations_.push_back(configuration);
      place.configuration = known->second;
      place.receipt = static_cast<std::uint32_t>(lines.number(receipts_.size()));
      place.inputs = static_cast<std::uint32_t>(lines.number(inputs_.size()));
      place.files = static_cast<std::uint32_t>(lines.offset());
      while (lines.indented()) lines.next();
      products_.push_back(place);
    } else {
      lines.fail("receipt, inputs or product");
    }
  }
  products_.shrink_to_fit();
}

std::string_view RecordFile::from(std::uint32_t place) const {
  return std::string_view(text_).substr(place, text_.size() - kSealSize - place);
}

std::string_view RecordFile::name_of(const Place& place) const {
  const std::string_view line = from(place.name);
  return line.substr(0, line.find('\t'));
}

bool RecordFile::is_of(const Place& place, std::string_view product) const {
  const std::string_view line = from(place.name);
  return line.size() > product.size() && line[product.size()] == '\t' && line.starts_with(product);
}

const RecordFile::Place* RecordFile::place_of(std::string_view product) const {
  const std::size_t last = last_.load(std::memory_order_relaxed);
  for (std::size_t at = last; at < std::min(last + 2, products_.size()); ++at) {
    if (!is_of(products_[at], product)) continue;
    if (at != last) last_.store(at, std::memory_order_relaxed);
    return &products_[at];
  }
  const auto found =
      std::lower_bound(products_.begin(), products_.end(), product,
                       [&](const Place& place, std::string_view wanted) { return name_of(place) < wanted; });
  if (found == products_.end() || !is_of(*found, product)) return nullptr;
  last_.store(static_cast<std::size_t>(found - products_.begin()), std::memory_order_relaxed);
  return &*found;
}

std::optional<KnownOrigin> RecordFile::origin(std::string_view product) const {
  const Place* place = place_of(product);
  if (place == nullptr) return std::nullopt;
  const ReceiptFacts& receipt = receipts_[place->receipt];
  return KnownOrigin{configurations_[place->configuration],
                     InputList(from(inputs_[place->inputs])),
                     receipt.numerics,
                     receipt.finished,
                     receipt.code_version,
                     receipt.name};
}

std::optional<Digest> RecordFile::file_digest(std::string_view product, std::string_view file_path) const {
  const Place* place = place_of(product);
  if (place == nullptr || !file_path.starts_with(path_of(product))) return std::nullopt;
  const std::string_view below = below_product(product, file_path);
  Lines lines(kNowhere, from(place->files));
  while (lines.indented()) {
    const ReceiptFile file = lines.file();
    if (file.path == below) return file.digest;
  }
  return std::nullopt;
}

std::optional<KnownRecord> RecordFile::find(std::string_view product) const {
  const Place* place = place_of(product);
  if (place == nullptr) return std::nullopt;
  const ReceiptFacts& receipt = receipts_[place->receipt];
  KnownRecord known;
  known.record.product = product;
  known.record.configuration = configurations_[place->configuration];
  known.record.inputs = InputList(from(inputs_[place->inputs])).read();
  Lines lines(kNowhere, from(place->files));
  while (lines.indented()) {
    ReceiptFile file = lines.file();
    file.path.insert(0, path_of(product));
    known.record.files.push_back(std::move(file));
  }
  known.finished = receipt.finished;
  known.numerics = receipt.numerics;
  known.code_version = receipt.code_version;
  known.receipt = receipt.name;
  return known;
}

std::vector<ReceiptInput> InputList::read() const {
  if (list_ != nullptr) return *list_;
  std::vector<ReceiptInput> inputs;
  Lines lines(kNowhere, lines_);
  while (lines.indented()) {
    lines.next();
    lines.word();
    const Digest digest = lines.digest();
    inputs.push_back({std::string(lines.rest()), digest});
  }
  return inputs;
}

}  // namespace lenswright
