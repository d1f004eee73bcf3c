package dev.backplane.kernel.internal.disk;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.image.RenamedFormat;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.Spelling;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.osgi.framework.VersionRange;

/**
 * Finds formats and protocols.
 *
 * @param catalogue what can be had
 * @param settled waits until what is installed has come
 */
record Types(Catalogue catalogue, Runnable settled) {
    /** A layer may be a format's, a protocol's or a filter's. */
    Offer resolve(PartSpec spec) throws ConfigurationException {
        Optional<Offer> offer = find(spec.type(), spec.version());
        if (offer.isEmpty()) {
            settled.run();
            offer = find(spec.type(), spec.version());
        }
        return offer.orElseThrow(() -> missing(Kind.LAYERS, spec.type()));
    }

    private Optional<Offer> find(String type, Optional<VersionRange> versions) {
        return Kind.LAYERS.stream()
                .flatMap(kind -> catalogue.choose(kind, type, versions).stream())
                .findFirst()
                .or(() -> renamed(type));
    }

    /** A format by the name that QEMU has for it. */
    private Optional<Offer> renamed(String name) {
        return chosen().filter(offer -> qemuName(offer).equals(name)).findFirst();
    }

    /** What QEMU calls a format or protocol. */
    static String qemuName(Offer offer) {
        return offer.factory(StorageOpener.class) instanceof RenamedFormat renamed ? renamed.qemuName() : offer.type();
    }

    private Stream<Offer> chosen() {
        return catalogue.types(Kind.STORAGE).stream()
                .flatMap(type -> catalogue.choose(Kind.STORAGE, type, Optional.empty()).stream());
    }

    Offer format(String type) throws ConfigurationException {
        Optional<Offer> offer = find(type);
        if (offer.isEmpty()) {
            settled.run();
            offer = find(type);
        }
        return offer.orElseThrow(() -> missing(List.of(Kind.STORAGE), type));
    }

    private Optional<Offer> find(String format) {
        return catalogue.choose(Kind.STORAGE, format, Optional.empty()).or(() -> renamed(format));
    }

    /** All formats, each in the version that would be chosen. */
    List<Offer> formats() {
        settled.run();
        return chosen().toList();
    }

    private ConfigurationException missing(List<Kind> kinds, String type) {
        List<String> offered =
                kinds.stream().flatMap(kind -> catalogue.types(kind).stream()).toList();
        return new ConfigurationException("no installed plugin offers the format \"%s\"%s; offered are: %s"
                .formatted(type, Spelling.hint(type, offered), String.join(", ", offered)));
    }
}
