/// The commit that the program was built from; `nil` if there was none or the program's sources differed from it. `current` is
/// written by the plugin `RevisionPlugin` when the program is built.
enum Revision {}
