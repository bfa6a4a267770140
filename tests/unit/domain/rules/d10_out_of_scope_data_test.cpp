// Catches: a field or an endpoint that nobody approved, read unnoticed; a declared one found; and a person named by a finding.
#include "domain/rules/d10_out_of_scope_data.hpp"

#include "tests/unit/domain/rules/data_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

std::vector<std::string> found(std::vector<std::string> fields, std::string endpoint = "/v1/persons",
                               std::vector<std::string> declared_fields = {"account", "category"},
                               std::vector<std::string> declared_endpoints = {"/v1/persons"}) {
  Manifest scope;
  for (auto& f : declared_fields) scope.data_fields.push_back({std::move(f), {}});
  scope.endpoints = std::move(declared_endpoints);
  DataAccess access = reads({"a-1"});
  access.fields_read = std::move(fields);
  access.endpoint = std::move(endpoint);
  return rules::out_of_scope_data(scope, access);
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("D10: what the manifest does not name", "[rules][D10][R11.4]") {
  CHECK(found({"account", "phone"}) == Texts{"field phone"});
  CHECK(found({"phone", "address", "phone"}) == Texts{"field phone", "field address"}); // each once
  CHECK(found({"account"}, "/v1/transactions").size() == 1);
  CHECK(found({"phone"}, "/v1/transactions").size() == 2);
  CHECK(found({"account"}, "/v1/personsandmore").size() == 1); // no part of the declared one
  CHECK(found({"account"}, "/v1/persona").size() == 1);        // as long
}

TEST_CASE("D10: the name of a field is repeated where it is a word", "[rules][D10]") {
  const std::string longest(32, 'x');
  for (const std::string& word :
       {std::string("Family_Name"), std::string("home-address"), std::string("a.z"), std::string("Z"), longest}) {
    CHECK(found({word}) == Texts{"field " + word});
  }
  for (const std::string& other : {std::string("phone2"), std::string("a b"), std::string(), longest + "x"}) {
    CAPTURE(other);
    const auto texts = found({other});
    REQUIRE(texts.size() == 1);
    CHECK(texts[0].starts_with("field #"));
    CHECK(texts[0].size() == std::string("field #12345678").size());
  }
}

TEST_CASE("D10: the innocent", "[rules][D10]") {
  CHECK(found({"account", "category"}).empty());
  CHECK(found({"account"}, "/v1/persons/a-1").empty()); // below a declared one
  CHECK(found({"account"}, "/v1/persons?page=2").empty());
  CHECK(found({"phone"}, "/v1/persons", {}).empty()); // a list that is left empty restricts nothing
  CHECK(found({"account"}, "/v2/anything", {"account"}, {}).empty());
  CHECK(found({}).empty());
}

TEST_CASE("D10: an access that asks for everything is eight records at most", "[rules][D10]") {
  Texts fields;
  for (char c = 'a'; c <= 'z'; ++c) fields.push_back(std::string("field_") + c);
  CHECK(found(fields).size() == 8);
}

TEST_CASE("D10: what may name a person is not repeated", "[rules][D10]") {
  for (const auto& text : found({"zhang.san@example.edu.cn 13800000000"}, "/v1/transactions/a-000017")) {
    CAPTURE(text);
    CHECK(text.find("000017") == std::string::npos);
    CHECK(text.find("138") == std::string::npos);
    CHECK(text.find('#') != std::string::npos);
  }
}
