package dev.backplane.shell.internal;

import dev.backplane.api.vm.OfferedType;
import dev.backplane.api.vm.Vm;
import dev.backplane.shell.command.Answer;
import java.util.List;
import java.util.Locale;

/** What several commands answer. */
public final class Answers {
    private Answers() {}

    /** What plugins offer. */
    public static Answer types(List<OfferedType> types) {
        Answer.Table table = Answer.table("kind", "type", "bundle", "version", "note");
        types.forEach(type -> table.row(type.kind(), type.type(), type.bundle(), type.version(), type.note()));
        return table.answer();
    }

    /** A machine's bays. */
    public static Answer bays(List<Vm.BayInfo> bays) {
        Answer.Table table = Answer.table("bay", "kind", "type", "state", "part", "generation", "note");
        bays.forEach(bay -> table.row(
                bay.id(),
                bay.kind(),
                bay.type(),
                bay.state(),
                bay.bundle().orElse(null),
                bay.generation(),
                bay.note()));
        return table.answer();
    }

    /** Where a machine is in its life, in lower case. */
    public static String state(Vm vm) {
        return vm.state().name().toLowerCase(Locale.ROOT);
    }
}
