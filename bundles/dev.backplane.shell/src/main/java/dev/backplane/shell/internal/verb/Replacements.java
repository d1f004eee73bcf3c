package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.Vm.Replaced;
import dev.backplane.shell.command.Answer;
import java.util.LinkedHashMap;
import java.util.Map;

/** Says how a part was replaced. */
final class Replacements {
    private Replacements() {}

    static Answer answer(String machine, Replaced how) {
        double millis = how.gateClosed().toNanos() / 1e6;
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("bay", how.bay());
        how.from().ifPresent(from -> data.put("from", from));
        data.put("to", how.to());
        data.put("reset", how.byReset());
        data.put("gateClosedMillis", millis);
        return Answer.said(
                "%s/%s: %s%s%s; its gate was closed for %.1f ms"
                        .formatted(
                                machine,
                                how.bay(),
                                how.from().map(from -> from + " -> ").orElse(""),
                                how.to(),
                                how.byReset() ? ", which began with a reset" : "",
                                millis),
                data);
    }
}
