package dev.backplane.kernel.internal.bay;

import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.Window;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.memory.RamRange;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Says in what two shapes differ. */
final class ShapeDifference {
    private ShapeDifference() {}

    static String of(Shape there, Shape next) {
        List<String> differences = new ArrayList<>();
        compare("window", there.windows(), next.windows(), ShapeDifference::text, differences);
        compare("interrupt", there.interrupts(), next.interrupts(), ShapeDifference::text, differences);
        compare("memory", there.ram(), next.ram(), ShapeDifference::text, differences);
        if (!there.acpiId().equals(next.acpiId())) {
            differences.add("ACPI identifier %s instead of %s"
                    .formatted(next.acpiId().orElse("none"), there.acpiId().orElse("none")));
        }
        if (!there.pci().equals(next.pci())) {
            differences.add("PCI function %s instead of %s".formatted(text(next.pci()), text(there.pci())));
        }
        if (!there.acpi().equals(next.acpi())) {
            differences.add("firmware tables with %s instead of %s".formatted(next.acpi(), there.acpi()));
        }
        return differences.isEmpty() ? "another order" : String.join(", ", differences);
    }

    private static <T> void compare(
            String what, List<T> there, List<T> next, Function<T, String> text, List<String> differences) {
        Set<T> gone = new LinkedHashSet<>(there);
        next.forEach(gone::remove);
        Set<T> more = new LinkedHashSet<>(next);
        there.forEach(more::remove);
        gone.forEach(each -> differences.add("no " + what + " " + text.apply(each)));
        more.forEach(each -> differences.add("a new " + what + " " + text.apply(each)));
    }

    private static String text(Optional<PciFunction> function) {
        return function.map(PciFunction::toString).orElse("none");
    }

    private static String text(Window window) {
        String space = window.space() == Window.Space.PORT ? "ports" : "addresses";
        return "%s at %s 0x%x-0x%x".formatted(window.name(), space, window.base(), window.base() + window.length() - 1);
    }

    private static String text(RamRange range) {
        return "at addresses 0x%x-0x%x".formatted(range.gpa(), range.end() - 1);
    }

    private static String text(Interrupt interrupt) {
        return "%s on line %d".formatted(interrupt.name(), interrupt.line());
    }
}
