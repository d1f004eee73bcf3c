package dev.backplane.x86.oracle;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The forms that are not compared, from {@code skips.txt}, each with its reason. */
final class Skips {
    private record Line(TableFile.Forms forms, String reason) {}

    private final List<Line> lines = new ArrayList<>();
    private final Set<Line> used = new HashSet<>();

    Skips() {
        for (String[] columns : TableFile.read("skips.txt", 2)) {
            lines.add(new Line(TableFile.Forms.of(columns[0]), columns[1]));
        }
    }

    /** Why a form is not compared, or nothing. */
    Optional<String> reason(Form form) {
        return lines.stream()
                .filter(line -> line.forms.contain(form))
                .findFirst()
                .map(line -> {
                    used.add(line);
                    return line.reason;
                });
    }

    /** The lines that no form has met. */
    List<String> unused() {
        return lines.stream()
                .filter(line -> !used.contains(line))
                .map(line -> line.forms.text())
                .toList();
    }
}
