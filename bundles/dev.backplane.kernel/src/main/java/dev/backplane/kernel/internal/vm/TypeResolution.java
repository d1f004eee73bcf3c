package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.KnownPlugins;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.Spelling;
import dev.backplane.kernel.internal.file.VmFileReader;
import java.util.List;
import java.util.Optional;

/** Finds who offers the types that a VM file names, and says what is missing where nobody does. */
final class TypeResolution {
    private final Catalogue catalogue;
    private final CpuChoice cpus;
    private final KnownPlugins known;
    private final String vm;

    TypeResolution(Catalogue catalogue, CpuChoice cpus, KnownPlugins known) {
        this(catalogue, cpus, known, "");
    }

    /** @param vm whom it is for: some plugins are kept for some machines */
    private TypeResolution(Catalogue catalogue, CpuChoice cpus, KnownPlugins known, String vm) {
        this.catalogue = catalogue;
        this.cpus = cpus;
        this.known = known;
        this.vm = vm;
    }

    /** The same for a machine. */
    TypeResolution of(String machine) {
        return new TypeResolution(catalogue, cpus, known, machine);
    }

    /** A type that nobody offers. */
    static final class MissingType extends Exception {
        private static final long serialVersionUID = 1;

        MissingType(String message) {
            super(message);
        }
    }

    /** For a layer of a disk the offer may be a format's, a protocol's or a filter's. */
    Offer resolve(PartSpec spec) throws MissingType {
        return lookUp(spec).orElseThrow(() -> new MissingType(missing(Kind.of(spec.kind()), spec)));
    }

    /** @param counting whether it has to run on virtual time */
    CpuChoice.Choice resolveCpu(PartSpec spec, boolean counting) throws MissingType, ConfigurationException {
        return cpus.choose(vm, spec, counting).orElseThrow(() -> new MissingType(missing(Kind.CPU, spec)));
    }

    /** Whether somebody offers the type now; for checks that need no plugin. */
    Optional<Offer> lookUp(PartSpec spec) {
        Kind kind = Kind.of(spec.kind());
        return kinds(kind).stream()
                .flatMap(each -> catalogue.choose(vm, each, spec.type(), spec.version()).stream())
                .findFirst();
    }

    private static List<Kind> kinds(Kind asked) {
        return asked == Kind.STORAGE ? Kind.LAYERS : List.of(asked);
    }

    private String missing(Kind kind, PartSpec spec) {
        List<Kind> kinds = kinds(kind);
        List<String> offered =
                kinds.stream().flatMap(each -> catalogue.types(each).stream()).toList();
        if (kind == Kind.CPU && spec.type().equals(VmFileReader.AUTO)) {
            return "%scpu: auto: no installed plugin offers a CPU backend"
                    .formatted(spec.typeAt().prefix());
        }
        StringBuilder text = new StringBuilder("%s%s.type: no installed plugin offers the %s type \"%s\""
                .formatted(spec.typeAt().prefix(), spec.path(), kind.word(), spec.type()));
        Optional<Offer> any = kinds.stream()
                .flatMap(each -> catalogue.choose(each, spec.type(), Optional.empty()).stream())
                .findFirst();
        if (any.isPresent()) {
            text.append(" in a version within ")
                    .append(spec.version().orElseThrow())
                    .append(": there is ")
                    .append(any.get().plugin());
            return text.toString();
        }
        List<String> hints = kinds.stream()
                .flatMap(each -> known.hints(each, spec.type()).stream())
                .toList();
        if (hints.isEmpty()) {
            Spelling.nearest(spec.type(), offered)
                    .ifPresent(near ->
                            text.append(" (did you mean \"").append(near).append("\"?)"));
        }
        hints.forEach(hint -> text.append("; ").append(hint));
        known.doubtful().forEach(hint -> text.append("; ").append(hint));
        return text.append("; offered are: ")
                .append(offered.isEmpty() ? "none" : String.join(", ", offered))
                .toString();
    }
}
