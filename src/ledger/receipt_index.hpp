// receipt_index.hpp: the newest record of each product: from the record files that hold all merged receipts,
// and from the receipts that are not merged yet.
//
// Stages and verbs look up here alike; nobody needs the ledger for it. A record file is read when a product of
// its stage and model is first asked for. Threads may ask at the same time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/receipt.hpp"
#include "ledger/record_file.hpp"

namespace lenswright {

class ReceiptIndex {
 public:
  ReceiptIndex();
  ~ReceiptIndex();
  ReceiptIndex(ReceiptIndex&&) noexcept;
  ReceiptIndex& operator=(ReceiptIndex&&) noexcept;

  // An unreadable or damaged receipt or record file is noted in problems(), not thrown: its products count as
  // having none. REQUIRES: `disk` outlives the index.
  static ReceiptIndex load(Disk& disk, const Campaign& campaign);
  void add(const Receipt& receipt, const std::string& name = "");  // name: of its file

  // Null: nothing is known of the product.
  std::shared_ptr<const KnownRecord> known(const std::string& product) const;
  std::shared_ptr<const ProductRecord> find(const std::string& product) const;
  std::optional<Digest> file_digest(const std::string& product, const std::string& file_path) const;
  // The same without its files, at less cost; valid until the next add().
  std::optional<KnownOrigin> origin(const std::string& product) const;
  // Of the run that made it: the numerics version and the code; none and empty without a record.
  std::optional<int> numerics(const std::string& product) const;
  std::string code_version(const std::string& product) const;

  bool empty() const;
  std::size_t size() const;      // products; reads all record files
  std::size_t unmerged() const;  // receipts that are not in the record files
  void read_all() const;         // reads all record files, for their problems()
  std::vector<std::string> problems() const;

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

}  // namespace lenswright
