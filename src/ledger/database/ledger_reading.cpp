// The reading half of LedgerDatabase, declared in ledger_database.hpp.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "ledger/database/ledger_statements.hpp"

namespace lenswright {

namespace {

// "lux-dmo" -> "lux/dmo/"
std::string prefix_of(std::string group) {
  if (group.empty()) return group;
  group[group.find('-')] = '/';
  return group + "/";
}

}  // namespace

const std::vector<ReceiptInput>& LedgerDatabase::Statements::inputs_of(std::int64_t set) {
  const auto [place, is_new] = known_inputs.try_emplace(set);
  if (!is_new) return place->second;
  const auto find =
      prepared(find_inputs, "SELECT name, digest FROM inputs WHERE input_set = ? ORDER BY position");
  find->bind(1, set);
  while (find->executeStep())
    place->second.push_back({find->getColumn(0).getString(), digest_from(find->getColumn(1))});
  return place->second;
}

std::size_t LedgerDatabase::products() const {
  return statements_->guarded(
      [&] { return static_cast<std::size_t>(statements_->count("SELECT count(*) FROM products")); });
}

std::size_t LedgerDatabase::files() const {
  return statements_->guarded(
      [&] { return static_cast<std::size_t>(statements_->count("SELECT count(*) FROM files")); });
}

std::size_t LedgerDatabase::receipts() const {
  return statements_->guarded(
      [&] { return static_cast<std::size_t>(statements_->count("SELECT count(*) FROM receipts")); });
}

std::vector<std::string> LedgerDatabase::groups() const {
  Statements& s = *statements_;
  return s.guarded([&] {
    std::vector<std::string> found;
    SQLite::Statement after(s.database, "SELECT name FROM products WHERE name >= ? ORDER BY name LIMIT 1");
    std::string from;
    while (true) {
      after.reset();
      after.bind(1, from);
      if (!after.executeStep()) return found;
      const std::string name = after.getColumn(0).getString();
      const std::string group = record_group(name);
      // A damaged name belongs to no record file; check() tells of it.
      if (group.empty()) {
        from = name + '\x01';
        continue;
      }
      found.push_back(group);
      from = prefix_of(group);
      from.back() = '/' + 1;  // behind all that begins with the prefix
    }
  });
}

void LedgerDatabase::each_record(const std::string& group,
                                 const std::function<void(const KnownRecord&)>& take) const {
  Statements& s = *statements_;
  s.guarded([&] {
    const std::string prefix = prefix_of(group);
    std::string end = prefix;
    if (!end.empty()) end.back() = '/' + 1;
    s.known_inputs.clear();
    SQLite::Statement query(
        s.database,
        "SELECT p.id, p.name, p.configuration, p.input_set, r.finished, r.numerics, r.code_version, r.name "
        "FROM products p LEFT JOIN receipts r ON r.id = p.receipt WHERE p.name >= ?1 AND (?2 = '' OR p.name "
        "< ?2) "
        "ORDER BY p.name");
    query.bind(1, prefix);
    query.bind(2, end);
    while (query.executeStep()) {
      KnownRecord known;
      ProductRecord& record = known.record;
      record.product = query.getColumn(1).getString();
      record.configuration = digest_from(query.getColumn(2));
      record.inputs = s.inputs_of(query.getColumn(3).getInt64());
      known.finished = query.getColumn(4).getString();
      known.numerics = query.getColumn(5).getInt();
      known.code_version = query.getColumn(6).getString();
      known.receipt = query.getColumn(7).getString();
      const std::string own = own_path(record.product);
      const auto files = s.prepared(
          s.find_files, "SELECT below, size, digest FROM files WHERE product = ? ORDER BY position");
      files->bind(1, query.getColumn(0).getInt64());
      while (files->executeStep())
        record.files.push_back({own + files->getColumn(0).getString(),
                                static_cast<std::uint64_t>(files->getColumn(1).getInt64()),
                                digest_from(files->getColumn(2))});
      take(known);
    }
  });
}

void LedgerDatabase::each_receipt(const std::function<void(const LedgerReceipt&)>& take) const {
  Statements& s = *statements_;
  s.guarded([&] {
    SQLite::Statement query(s.database,
                            "SELECT name, bytes, stage, code_version, compiler, host, numerics, pid, ranks, "
                            "threads, started, finished, notes FROM receipts ORDER BY name");
    while (query.executeStep()) {
      LedgerReceipt receipt;
      receipt.name = query.getColumn(0).getString();
      receipt.bytes = digest_from(query.getColumn(1));
      Receipt& facts = receipt.facts;
      const std::string stage = query.getColumn(2).getString();
      const std::optional<Stage> known_stage = stage_from_name(stage);
      const nlohmann::json notes = nlohmann::json::parse(query.getColumn(12).getString(), nullptr, false);
      if (!known_stage || !notes.is_object())
        throw FormatError(
            s.file, 0, fmt::format("a stage and notes of receipt {}", receipt.name),
            "something else: the ledger is damaged, make it again with `recovery ledger rebuild`");
      facts.stage = *known_stage;
      for (const auto& [key, value] : notes.items())
        facts.notes[key] = value.is_string() ? value.get<std::string>() : value.dump();
      facts.code_version = query.getColumn(3).getString();
      facts.compiler = query.getColumn(4).getString();
      facts.host = query.getColumn(5).getString();
      facts.numerics = query.getColumn(6).getInt();
      facts.pid = static_cast<long>(query.getColumn(7).getInt64());
      facts.ranks = query.getColumn(8).getInt();
      facts.threads = query.getColumn(9).getInt();
      facts.started = query.getColumn(10).getString();
      facts.finished = query.getColumn(11).getString();
      take(receipt);
    }
  });
}

std::vector<std::string> LedgerDatabase::check() const {
  constexpr std::size_t kMost = 20;
  Statements& s = *statements_;
  std::vector<std::string> problems;
  const auto note = [&](std::string problem) {
    if (problems.size() < kMost) problems.push_back(fmt::format("{}: {}", s.file.string(), problem));
  };
  try {
    s.guarded([&] {
      SQLite::Statement integrity(s.database, "PRAGMA integrity_check(5)");
      while (integrity.executeStep())
        if (const std::string line = integrity.getColumn(0).getString(); line != "ok") note(line);
      std::unordered_map<std::string, Digest> seals;
      SQLite::Statement query(s.database, "SELECT name, seal FROM products");
      while (query.executeStep())
        seals.emplace(query.getColumn(0).getString(), digest_from(query.getColumn(1)));
      Digest sum;
      each_record("", [&](const KnownRecord& known) {
        const Digest seal = seal_of(known);
        sum = plus(sum, seal);
        if (const auto written = seals.find(known.record.product);
            written == seals.end() || written->second != seal)
          note(fmt::format("what it says of {} is not what was written", known.record.product));
      });
      if (sum != s.seals(kProductSeals)) note("its products are not those that were written");
      sum = {};
      each_receipt([&](const LedgerReceipt& receipt) {
        sum = plus(sum, seal_of(receipt.name, receipt.bytes, receipt.facts));
      });
      if (sum != s.seals(kReceiptSeals)) note("its receipts are not those that were written");
    });
  } catch (const Failure& failure) {
    problems.push_back(failure.what());
  }
  return problems;
}

}  // namespace lenswright
