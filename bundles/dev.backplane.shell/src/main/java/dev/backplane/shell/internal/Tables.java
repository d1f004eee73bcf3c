package dev.backplane.shell.internal;

import dev.backplane.api.vm.OfferedType;
import dev.backplane.api.vm.Vm;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What commands print, as columns. */
public final class Tables {
    private Tables() {}

    /** What plugins offer. */
    public static String types(List<OfferedType> types) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("KIND", "TYPE", "BUNDLE", "VERSION", "NOTE"));
        for (OfferedType type : types) {
            rows.add(List.of(type.kind(), type.type(), type.bundle(), type.version(), type.note()));
        }
        return table(rows);
    }

    /** Machines. */
    public static String machines(List<Vm> machines) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("NAME", "STATE", "BAYS"));
        for (Vm vm : machines) {
            rows.add(List.of(
                    vm.name(),
                    vm.state().name().toLowerCase(Locale.ROOT),
                    Integer.toString(vm.bays().size())));
        }
        return table(rows);
    }

    /** A machine's bays. */
    public static String bays(List<Vm.BayInfo> bays) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("BAY", "KIND", "TYPE", "STATE", "PART", "GENERATION", "NOTE"));
        for (Vm.BayInfo bay : bays) {
            rows.add(List.of(
                    bay.id(),
                    bay.kind(),
                    bay.type(),
                    bay.state(),
                    bay.bundle().orElse("-"),
                    Integer.toString(bay.generation()),
                    bay.note()));
        }
        return table(rows);
    }

    /** Rows of the same length, as lines with aligned columns. */
    public static String table(List<List<String>> rows) {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(row.get(i)).repeat(' ', widths[i] - row.get(i).length() + 2);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
