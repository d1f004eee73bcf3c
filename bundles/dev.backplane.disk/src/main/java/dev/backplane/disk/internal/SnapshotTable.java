package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.ImageSnapshot;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** Snapshots as qemu-img lists them. */
final class SnapshotTable {
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    private SnapshotTable() {}

    static String of(List<ImageSnapshot> snapshots) {
        StringBuilder text =
                new StringBuilder("%-10s%-17s%8s%20s%13s\n".formatted("ID", "TAG", "VM SIZE", "DATE", "VM CLOCK"));
        for (ImageSnapshot each : snapshots) {
            text.append("%-9s %-16s %8s%20s%13s\n"
                    .formatted(
                            each.id(),
                            each.name(),
                            Sizes.text(each.vmStateBytes()),
                            DATE.format(each.created().atZone(ZoneId.systemDefault())),
                            clock(each.vmClock())));
        }
        return text.toString();
    }

    private static String clock(Duration time) {
        return "%02d:%02d:%02d.%03d"
                .formatted(time.toHours(), time.toMinutesPart(), time.toSecondsPart(), time.toMillisPart());
    }
}
