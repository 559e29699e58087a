/// One deliberate mistake in a copy of the source.
struct Defect {
  struct Edit {
    /// Path below the package's root.
    let file: String
    /// Must stand in the file exactly once: a defect that no longer applies is an error, not a survivor.
    let find: String
    let replace: String
  }

  let id: String
  let what: String
  let edits: [Edit]

  init(_ id: String, _ what: String, _ file: String, _ find: String, _ replace: String) {
    self.init(id, what, [Edit(file: file, find: find, replace: replace)])
  }

  init(_ id: String, _ what: String, _ edits: [Edit]) {
    self.id = id
    self.what = what
    self.edits = edits
  }
}
