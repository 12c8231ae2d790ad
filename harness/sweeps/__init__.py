"""Many runs: experiments as they are declared, and what does their runs, resumes them and ends them."""
