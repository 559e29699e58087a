import Optimisers
import Tensors
import Testing

@Suite("The words for an optimiser")
struct OptimiserChoiceTests {
  @Test("name kind and settings; what is left out has its usual value")
  func parsed() throws {
    #expect(try OptimiserChoice(parsing: "adam") == .standard)
    #expect(try OptimiserChoice(parsing: "adam,beta2=0.99") == OptimiserChoice(AdamSettings(beta1: 0.9, beta2: 0.99)))
    #expect(try OptimiserChoice(parsing: "adam,beta2=0.99") != .standard)
    var decaying = AdamWSettings()
    decaying.leftOut = [.bias, .gamma]
    #expect(try OptimiserChoice(parsing: "adamw,no_decay=bias+gamma") == OptimiserChoice(decaying))
    #expect(try OptimiserChoice(parsing: "adamw,no_decay=") == OptimiserChoice(AdamWSettings()))
  }

  @Test(
    "that are wrong are refused with what there is instead",
    arguments: [
      ("", "adam"), ("adagrad", "\"adagrad\""), ("adam,", "beta1=..."), ("adam,gamma=1", "\"gamma=1\""),
      ("adam,beta1", "\"beta1\""), ("adam,beta1=1", "0 to below 1"), ("adam,beta1=nan", "0 to below 1"),
      ("adam,beta1=half", "\"half\""), ("adam,epsilon=0", "above 0"), ("adam,beta1=0.5,beta1=0.6", "twice"),
      ("adamw,no_decay=bias+bias", "weight, bias, gamma, beta"), ("adamw,no_decay=scale", "\"scale\""),
      ("adamw,weight_decay=2", "0 to 1"),
    ])
  func refused(text: String, says: String) {
    let error = #expect(throws: OptimiserTextError.self) { try OptimiserChoice(parsing: text) }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
  }

  @Test("and settings out of range are a problem with the name of the field")
  func problem() {
    #expect(AdamSettings(beta1: 1).problem?.contains("beta1") == true)
    #expect(AdamSettings(beta1: 0.9, epsilon: 0).problem?.contains("epsilon") == true)
    #expect(AdamSettings().problem == nil)
  }
}
