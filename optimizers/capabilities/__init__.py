"""What an objective may offer beyond values, each with its price, or a refusal that says why not."""
