"""The published programs of the study once more, fault for fault, and with one fault mended at a time."""
