// ReceiptBook, declared in stage_run.hpp.
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.hpp"
#include "base/version.hpp"
#include "ledger/job_facts.hpp"
#include "physics/fft_library.hpp"
#include "stages/job_usage.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

ReceiptBook::ReceiptBook(const StageContext& context, Stage stage, int threads,
                         std::chrono::milliseconds interval)
    : context_(context), interval_(interval), last_(Clock::now()) {
  receipt_.campaign = context.campaign.name;
  receipt_.stage = stage;
  receipt_.code_version = code_version();
  receipt_.compiler = compiler();
  receipt_.host = host_name();
  receipt_.numerics = numerics_version(stage);
  receipt_.pid = static_cast<long>(getpid());
  receipt_.ranks = context.ranks.size();
  receipt_.threads = threads;
  receipt_.started = utc_now();
  note_job(receipt_.notes, job_facts());
  if (stage == Stage::lux) receipt_.notes[kNoteFftw] = fft_library();
}

void ReceiptBook::add(ProductRecord record) {
  records_.push_back(std::move(record));
  ++added_;
}

void ReceiptBook::write() {
  last_ = Clock::now();
  Receipt receipt = receipt_;
  receipt.finished = utc_now();
  receipt.products = std::exchange(records_, {});
  note_usage(receipt.notes, job_usage(context_.ranks));
  // Each rank's records travel as a receipt of their own, so that there is one way to write and read them.
  const std::vector<std::string> parts =
      context_.ranks.gather_all(receipt.products.empty() ? std::string() : encode_receipt(receipt));
  together(context_.ranks, [&] {
    if (!context_.ranks.first()) return;
    receipt.products.clear();
    for (const std::string& part : parts) {
      if (part.empty()) continue;
      Receipt of_rank = decode_receipt("a rank's records", part);
      std::move(of_rank.products.begin(), of_rank.products.end(), std::back_inserter(receipt.products));
    }
    if (receipt.products.empty()) return;
    std::sort(receipt.products.begin(), receipt.products.end(),
              [](const ProductRecord& a, const ProductRecord& b) { return a.product < b.product; });
    write_receipt(context_.disk, context_.campaign, receipt);
  });
}

bool ReceiptBook::is_due() const {
  // Rank 0 looks at its clock for all.
  return context_.ranks.any(context_.ranks.first() && Clock::now() - last_ >= interval_);
}

void ReceiptBook::write_if_due() {
  if (is_due()) write();
}

void with_receipts(ReceiptBook& book, const std::function<void()>& body) {
  try {
    body();
  } catch (const Failure&) {
    try {
      book.write();
    } catch (const Failure&) {
      // The first failure says more: a disk that is full for products is so for receipts.
    }
    throw;
  }
  book.write();
}

}  // namespace lenswright
