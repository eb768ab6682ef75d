#include "ledger/scrub.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/folder_tree.hpp"
#include "ledger/actor.hpp"
#include "ledger/sealed_json.hpp"

namespace lenswright {

namespace {

constexpr int kScrubSchema = 1;
constexpr int kMostParts = 10'000;

std::string combination_name(const Campaign& campaign, Stage stage, int model, int realization) {
  return fmt::format("{}/{}", stage_name(stage), combination_folder(campaign, model, realization));
}

// Empty: all products.
std::string selection_mark(const Selection& selection) {
  std::vector<std::string> stages;
  for (const Stage stage : selection.stages) stages.emplace_back(stage_name(stage));
  const std::string text =
      fmt::format("{}|{}|{}|{}|{}|{}", fmt::join(stages, ","), fmt::join(selection.models, ","),
                  fmt::join(selection.realizations, ","), fmt::join(selection.snapshots, ","),
                  fmt::join(selection.planes, ","), fmt::join(selection.runs, ","));
  constexpr std::size_t kDigits = 8;
  return text == "|||||" ? "" : "-" + digest_of(text).hex().substr(0, kDigits);
}

struct ScrubRecord {
  std::string started, finished;
  std::set<std::string> done;
  std::map<std::string, std::string> found;
};

ScrubRecord decode(const std::filesystem::path& path, const std::string& text) {
  const nlohmann::json object = unseal_json(path, text);
  const JsonFields fields(path, object);
  fields.integer("schema", 1, kScrubSchema);
  ScrubRecord record{fields.text("started"), fields.text("finished"), {}, fields.texts("found")};
  for (const nlohmann::json& name : fields.array("done")) {
    if (!name.is_string()) fields.fail("done", "names", name.dump());
    record.done.insert(name.get<std::string>());
  }
  return record;
}

}  // namespace

Sample sample_from(const std::string& text) {
  Sample sample;
  const char* end = text.data() + text.size();
  const auto part = std::from_chars(text.data(), end, sample.part);
  bool good = part.ec == std::errc() && part.ptr != end && *part.ptr == '/';
  if (good) {
    const auto of = std::from_chars(part.ptr + 1, end, sample.of);
    good = of.ec == std::errc() && of.ptr == end;
  }
  if (!good || sample.of < 1 || sample.of > kMostParts || sample.part < 1 || sample.part > sample.of)
    throw UsageError(
        fmt::format("--sample {}: n/t, the n-th of t parts, as in 1/7; t up to {}", text, kMostParts));
  return sample;
}

bool in_sample(const Sample& sample, const std::string& product) {
  return digest_of(product).low % static_cast<std::uint64_t>(sample.of) ==
         static_cast<std::uint64_t>(sample.part - 1);
}

Scrub::Scrub(Disk& disk, const Campaign& campaign, const Sample& sample, const Selection& selection,
             bool resume, std::chrono::milliseconds save_interval)
    : disk_(disk),
      campaign_(campaign),
      sample_(sample),
      selection_(selection),
      interval_(save_interval),
      saved_(Clock::now()),
      started_(utc_now()) {
  if (!resume || !disk_.status(file(sample.part))) return;
  ScrubRecord record = decode(file(sample.part), read_text(disk_, file(sample.part)));
  if (!record.finished.empty()) return;  // the next round
  started_ = record.started;
  done_ = std::move(record.done);
  found_ = std::move(record.found);
  resumed_ = done_.size();
}

std::filesystem::path Scrub::file(int part) const {
  return campaign_.state / "scrub" /
         fmt::format("{}-of-{}{}.json", part, sample_.of, selection_mark(selection_));
}

CloserLook Scrub::closer_look() {
  return {[this](const ProductId& id) { return wanted(id); },
          [this](Stage stage, int model, int realization, std::span<const Finding> findings) {
            done(stage, model, realization, findings);
          }};
}

bool Scrub::wanted(const ProductId& id) {
  if (!selection_.contains(campaign_, id)) return false;  // looked at only because others are made from it
  const std::string name = product_name(campaign_, id);
  if (!in_sample(sample_, name)) return false;
  // What was bad is looked at again: it may have been made anew, and must not count as sound unseen.
  if (!found_.contains(name) &&
      done_.contains(combination_name(campaign_, stage_of(id.kind), id.model, id.realization)))
    return false;
  products_.insert(id);
  return true;
}

void Scrub::done(Stage stage, int model, int realization, std::span<const Finding> findings) {
  const std::string name = combination_name(campaign_, stage, model, realization);
  std::erase_if(found_, [&](const auto& found) { return found.first.starts_with(name + "/"); });
  for (const Finding& finding : findings) {
    if (!finding.product || finding.state == State::missing) continue;
    const std::string product = product_name(campaign_, *finding.product);
    if (in_sample(sample_, product)) found_[product] = finding.because;
  }
  done_.insert(name);
  if (Clock::now() - saved_ >= interval_) save();
}

std::string Scrub::encode(const std::string& finished) const {
  return seal_json({{"schema", kScrubSchema},
                    {"campaign", campaign_.name},
                    {"part", sample_.part},
                    {"of", sample_.of},
                    {"who", acting_user()},
                    {"started", started_},
                    {"finished", finished},
                    {"done", done_},
                    {"found", found_}});
}

void Scrub::save() {
  saved_ = Clock::now();
  replace_text(disk_, file(sample_.part), encode(""));
}

void Scrub::finish() {
  replace_text(disk_, file(sample_.part), encode(utc_now()));
}

std::vector<std::string> Scrub::parts() const {
  std::vector<std::string> times;
  for (int part = 1; part <= sample_.of; ++part) {
    std::string time;
    try {
      if (disk_.status(file(part))) time = decode(file(part), read_text(disk_, file(part))).finished;
    } catch (const FormatError&) {
      // A damaged record tells nothing: the part counts as not checked.
    }
    times.push_back(time);
  }
  return times;
}

}  // namespace lenswright
