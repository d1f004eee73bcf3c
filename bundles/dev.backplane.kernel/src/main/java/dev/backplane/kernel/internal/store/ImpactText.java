package dev.backplane.kernel.internal.store;

import dev.backplane.api.plugin.UpdateImpact;
import dev.backplane.api.plugin.UpdateImpact.Pause;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The impact of an update in the admin's words: {@code disk0 of web1 and web3 pause; state qcow2/3 -> qcow2/3; nothing else}. */
final class ImpactText {
    private ImpactText() {}

    static String of(UpdateImpact impact) {
        List<String> parts = new ArrayList<>();
        Map<List<String>, List<String>> machines = new LinkedHashMap<>();
        for (Pause pause : impact.pauses()) {
            machines.computeIfAbsent(pause.bays(), bays -> new ArrayList<>()).add(pause.vm());
        }
        machines.forEach((bays, vms) -> parts.add(
                "%s of %s %s".formatted(list(bays), list(vms), bays.size() * vms.size() == 1 ? "pauses" : "pause")));
        if (parts.isEmpty()) {
            parts.add("no machine pauses");
        }
        impact.states().forEach(state -> parts.add("state " + state));
        impact.stays().forEach(parts::add);
        parts.add(
                switch (impact.refreshed()) {
                    case 0 -> "no bundle refreshes";
                    case 1 -> "1 bundle refreshes";
                    default -> impact.refreshed() + " bundles refresh";
                });
        parts.add("nothing else");
        return String.join("; ", parts)
                + (impact.wayBack()
                        ? ""
                        : "\nno way back after commit: the old version does not read what the new one writes");
    }

    /** As people list things. */
    static String list(List<String> words) {
        return words.size() < 2
                ? String.join("", words)
                : String.join(", ", words.subList(0, words.size() - 1)) + " and " + words.getLast();
    }
}
